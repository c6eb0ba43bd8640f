# Each target does its own set-up: a Node that is new enough, and the packages of package-lock.json.
SHELL := /bin/sh
WITH_NODE := .toolchain/with-node
INSTALLED := node_modules/.package-lock.json

REGISTRY ?= ## put before the names catnap/operator, catnap/activator and catnap/runtime; default: Docker Hub
TAG ?= ## default: the version in package.json
PLATFORMS ?= ## linux/amd64, linux/arm64, or both with a comma; default: this machine's
BASE ?= node:26-slim ## image with Node that they stand on
BUILDER ?= ## docker, podman or buildah; default: the first that works
OUTPUT ?= ## folder for archives that nodes can load, one for each image and platform; of make release: for all of it
PUSH ?= ## 1: to the registry
SOURCE ?= ## address of the source, for a label
VERSION ?= ## of make release alone: a semantic version, such as 0.2.0
IMAGES ?= ## of make release alone: no: without images
ALLOW_DIRTY ?= ## of make release alone: 1: also from a checkout that differs from its commit

.DEFAULT_GOAL := help
.PHONY: help run test test-long check e2e fuzz bench build images release generate clean

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  Of make images and make release, such as make images TAG=dev PLATFORMS=linux/amd64,linux/arm64:'
	@awk -F ' *[?]= *| *## ' '/^[A-Z_]+ [?]=.*## / { printf "    %-11s %-14s %s\n", $$1, $$2, $$3 }' $(MAKEFILE_LIST)

$(INSTALLED): package.json package-lock.json
	@$(WITH_NODE) npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

run: $(INSTALLED) ## A cluster on this machine with operator and activator, and the hello function; Ctrl-C stops it; REALISM=7: as slow as a real one
	@$(WITH_NODE) node .toolchain/build.ts runtime operator
	@exec $(WITH_NODE) node local/run/main.ts $(if $(REALISM),--realism=$(strip $(REALISM)))

test: $(INSTALLED) ## What every change passes: make check, then integration and end-to-end tests over real processes
	@$(WITH_NODE) npm run --silent test

test-long: $(INSTALLED) ## What takes longer: fuzzing, kills, soaks, and a cluster that is as slow as a real one
	@$(WITH_NODE) npm run --silent test:long

check: $(INSTALLED) ## Lint, types and unit tests, a minute and a half; those of the local cluster where it changed
	@$(WITH_NODE) npm run --silent check

fuzz: $(INSTALLED) ## Thousands of sources, Functions, answers and requests that mean harm; CATNAP_FUZZ_SEED repeats a run
	@$(WITH_NODE) npm run --silent fuzz

bench: $(INSTALLED) ## Cold start, throughput, latency and memory beside their baselines
	@$(WITH_NODE) npm run --silent bench

build: $(INSTALLED) ## dist/<program>/: what pods and images run
	@$(WITH_NODE) npm run --silent build

images: $(INSTALLED) ## Images of operator, activator and runtime, by docker, podman or buildah
	@$(WITH_NODE) npm run --silent build
	@$(WITH_NODE) node .toolchain/images.ts --registry '$(strip $(REGISTRY))' --tag '$(strip $(TAG))' --platforms '$(strip $(PLATFORMS))' --base '$(strip $(BASE))' \
	  --builder '$(strip $(BUILDER))' --output '$(strip $(OUTPUT))' --push '$(strip $(PUSH))' --source '$(strip $(SOURCE))'

release: $(INSTALLED) ## Packages, chart, manifests, images, inventories and checksums in one folder: VERSION=0.2.0; docs/releasing.md
	@.toolchain/cluster-tools/install
	@$(WITH_NODE) node .toolchain/release.ts --version '$(strip $(VERSION))' --output '$(or $(strip $(OUTPUT)),release)' --allow-dirty '$(strip $(ALLOW_DIRTY))' \
	  --images '$(strip $(IMAGES))' --registry '$(strip $(REGISTRY))' --platforms '$(strip $(PLATFORMS))' --base '$(strip $(BASE))' \
	  --builder '$(strip $(BUILDER))' --source '$(strip $(SOURCE))'

generate: $(INSTALLED) ## Writes crds/ from api/
	@$(WITH_NODE) npm run --silent generate

clean: ## Removes what was built and the local cluster's kubeconfig
	rm -rf dist .catnap
