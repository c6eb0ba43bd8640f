# Each target does its own set-up: a Node that is new enough, and the packages of package-lock.json.
SHELL := /bin/sh
WITH_NODE := .toolchain/with-node
INSTALLED := node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help run test check e2e bench build generate clean

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(INSTALLED): package.json package-lock.json
	@$(WITH_NODE) npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

run: $(INSTALLED) ## A cluster on this machine with operator and activator, and the hello function; Ctrl-C stops it
	@$(WITH_NODE) node .toolchain/build.ts runtime
	@exec $(WITH_NODE) node local/run/main.ts

test: $(INSTALLED) ## Unit tests, then end-to-end tests over real processes
	@$(WITH_NODE) npm run --silent test

check: $(INSTALLED) ## Lint, types and unit tests, under 30 s
	@$(WITH_NODE) npm run --silent check

bench: $(INSTALLED) ## Cold start, throughput and idle memory beside their baselines
	@$(WITH_NODE) npm run --silent bench

build: $(INSTALLED) ## dist/<program>/: what pods and images run
	@$(WITH_NODE) npm run --silent build

generate: $(INSTALLED) ## Writes crds/ from api/
	@$(WITH_NODE) npm run --silent generate

clean: ## Removes what was built and the local cluster's kubeconfig
	rm -rf dist .catnap
