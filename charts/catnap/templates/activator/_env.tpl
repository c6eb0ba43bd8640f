{{/* Environment of the activator: activator/config.ts. */}}
{{- define "catnap.activatorEnv" -}}
- { name: CATNAP_DOMAIN, value: {{ .Values.domain | quote }} }
- { name: CATNAP_HOST_TEMPLATE, value: {{ .Values.hostTemplate | quote }} }
- { name: CATNAP_CLUSTER_DOMAIN, value: {{ .Values.clusterDomain | quote }} }
- { name: CATNAP_DRAIN_SECONDS, value: {{ int .Values.activator.drainSeconds | quote }} }
- { name: CATNAP_DRAIN_QUIET_SECONDS, value: {{ .Values.activator.drainQuietSeconds | toString | quote }} }
- { name: CATNAP_ACCESS_LOG, value: {{ .Values.activator.accessLog | toString | quote }} }
{{- with .Values.activator.maxConnections }}
- { name: CATNAP_MAX_CONNECTIONS, value: {{ int . | quote }} }
{{- end }}
- { name: CATNAP_LOG_LEVEL, value: {{ .Values.activator.logLevel | quote }} }
- { name: CATNAP_ERROR_DETAIL, value: {{ .Values.activator.errorDetail | toString | quote }} }
{{- with .Values.activator.trustedProxies }}
- { name: CATNAP_TRUSTED_PROXIES, value: {{ join "," . | quote }} }
{{- end }}
- { name: CATNAP_GATEWAY_PORT, value: "8080" }
- { name: CATNAP_OPS_PORT, value: "9090" }
- { name: POD_UID, valueFrom: { fieldRef: { apiVersion: v1, fieldPath: metadata.uid } } }
- { name: CATNAP_SYSTEM_NAMESPACE, value: {{ .Release.Namespace | quote }} }
- { name: CATNAP_ACTIVATOR_SERVICE, value: {{ include "catnap.fullname" . }}-activator }
- { name: CATNAP_PEER_TOKEN_FILE, value: /var/run/secrets/catnap-peers/token }
{{- if .Values.dispatcher.enabled }}
{{ include "catnap.activatorDispatcherEnv" . }}
{{- end }}
{{- with .Values.namespaces }}
- { name: CATNAP_NAMESPACES, value: {{ join "," . | quote }} }
{{- end }}
{{- with .Values.access.issuerNetworks }}
- { name: CATNAP_ISSUER_NETWORKS, value: {{ join "," . | quote }} }
{{- end }}
{{- if .Values.access.allowHttpIssuers }}
- { name: CATNAP_ISSUER_HTTP, value: "true" }
{{- end }}
{{- with .Values.rateLimits.redis.url }}
- { name: CATNAP_RATE_LIMIT_REDIS_URL, value: {{ . | quote }} }
{{- if $.Values.rateLimits.redis.secretName }}
- { name: CATNAP_RATE_LIMIT_REDIS_SECRET_DIR, value: /etc/catnap/redis }
{{- end }}
{{- end }}
{{- if .Values.tls.secretName }}
- { name: CATNAP_TLS_PORT, value: "8443" }
- { name: CATNAP_TLS_CERT_FILE, value: /etc/catnap/tls/tls.crt }
- { name: CATNAP_TLS_KEY_FILE, value: /etc/catnap/tls/tls.key }
{{- if or .Values.tls.clientCa.secretName .Values.tls.clientCa.configMapName }}
- { name: CATNAP_TLS_CLIENT_CA_FILE, value: /etc/catnap/client-ca/ca.crt }
{{- end }}
{{- end }}
{{- end -}}
