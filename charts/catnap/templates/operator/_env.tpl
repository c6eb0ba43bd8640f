{{/* Environment of the operator: operator/config.ts. */}}
{{- define "catnap.operatorEnv" -}}
- { name: POD_NAME, valueFrom: { fieldRef: { apiVersion: v1, fieldPath: metadata.name } } }
- { name: CATNAP_SYSTEM_NAMESPACE, value: {{ .Release.Namespace | quote }} }
- { name: CATNAP_LEASE, value: {{ include "catnap.fullname" . }}-operator }
- { name: CATNAP_GATEWAY_SERVICE, value: {{ include "catnap.fullname" . }}-gateway }
- { name: CATNAP_ACTIVATOR_SERVICE, value: {{ include "catnap.fullname" . }}-activator }
- { name: CATNAP_DOMAIN, value: {{ .Values.domain | quote }} }
- { name: CATNAP_HOST_TEMPLATE, value: {{ .Values.hostTemplate | quote }} }
{{- if or .Values.hosts.strict .Values.hosts.owners }}
- { name: CATNAP_HOSTS, value: {{ .Values.hosts | toJson | quote }} }
{{- end }}
- { name: CATNAP_RELEASED_HOSTS, value: {{ include "catnap.fullname" . }}-released-hosts }
- { name: CATNAP_CLUSTER_DOMAIN, value: {{ .Values.clusterDomain | quote }} }
- { name: CATNAP_URL_SCHEME, value: {{ include "catnap.urlScheme" . | quote }} }
{{- with include "catnap.urlPort" . }}
- { name: CATNAP_URL_PORT, value: {{ . | quote }} }
{{- end }}
- { name: CATNAP_RUNTIME_IMAGE, value: {{ include "catnap.image" (dict "root" . "image" .Values.runtime.image) | quote }} }
- { name: CATNAP_SCRAPE_SECONDS, value: {{ .Values.operator.scrapeSeconds | toString | quote }} }
- { name: CATNAP_LOG_LEVEL, value: {{ .Values.operator.logLevel | quote }} }
- { name: CATNAP_OPS_PORT, value: "9090" }
{{- with .Values.namespaces }}
- { name: CATNAP_NAMESPACES, value: {{ join "," . | quote }} }
{{- end }}
{{- with .Values.access.issuerNetworks }}
- { name: CATNAP_ISSUER_NETWORKS, value: {{ join "," . | quote }} }
{{- end }}
{{- if .Values.access.allowHttpIssuers }}
- { name: CATNAP_ISSUER_HTTP, value: "true" }
{{- end }}
{{- if .Values.networkPolicy.enabled }}
- name: CATNAP_NETWORK_POLICY
  value: {{ include "catnap.networkPolicy" . | quote }}
{{- end }}
{{- end -}}

{{/* JSON: which pods are activators, who may ask functions for metrics, and whether functions may call anything. */}}
{{- define "catnap.networkPolicy" -}}
{{- $activators := include "catnap.selectorLabels" (dict "root" . "component" "activator") | fromYaml -}}
{{- dict "activators" (dict "matchLabels" $activators) "metricsFrom" .Values.networkPolicy.metricsFrom "egress" .Values.networkPolicy.egress | toJson -}}
{{- end -}}

{{/* What compiling one function may take. Of operator and bundler. */}}
{{- define "catnap.bundlerLimits" -}}
- { name: CATNAP_BUNDLER_CPU_SECONDS, value: {{ .Values.bundler.cpuSeconds | toString | quote }} }
- { name: CATNAP_BUNDLER_WALL_SECONDS, value: {{ .Values.bundler.wallSeconds | toString | quote }} }
{{- end -}}
