{{/* Environment of the dispatcher: dispatcher/config.ts. */}}
{{- define "catnap.dispatcherEnv" -}}
{{- if .Values.dispatcher.database.secretName }}
- { name: CATNAP_STORE_URL_FILE, value: /etc/catnap/database/url }
- { name: CATNAP_SCHEDULES_LEASE, value: {{ include "catnap.fullname" . }}-schedules }
- { name: POD_NAME, valueFrom: { fieldRef: { apiVersion: v1, fieldPath: metadata.name } } }
{{- else }}
- { name: CATNAP_STORE_FOLDER, value: /var/lib/catnap/store }
{{- end }}
- { name: CATNAP_INTAKE_PORT, value: "8082" }
- { name: CATNAP_INVOCATIONS_PORT, value: "8080" }
- { name: CATNAP_OPS_PORT, value: "9090" }
- { name: CATNAP_GATEWAY_TOKEN_FILE, value: /var/run/secrets/catnap-gateway/token }
- { name: CATNAP_ACTIVATOR_SUBJECT, value: "system:serviceaccount:{{ .Release.Namespace }}:{{ include "catnap.fullname" . }}-activator" }
- { name: CATNAP_ACTIVATOR_SERVICE, value: {{ include "catnap.fullname" . }}-activator }
- { name: CATNAP_SYSTEM_NAMESPACE, value: {{ .Release.Namespace | quote }} }
{{- with .Values.namespaces }}
- { name: CATNAP_NAMESPACES, value: {{ join "," . | quote }} }
{{- end }}
{{- with .Values.dispatcher }}
- { name: CATNAP_ASYNC_FUNCTION_ENTRIES, value: {{ int .perFunction.entries | quote }} }
- { name: CATNAP_ASYNC_FUNCTION_MIB, value: {{ int .perFunction.mebibytes | quote }} }
- { name: CATNAP_ASYNC_NAMESPACE_ENTRIES, value: {{ int .perNamespace.entries | quote }} }
- { name: CATNAP_ASYNC_NAMESPACE_MIB, value: {{ int .perNamespace.mebibytes | quote }} }
{{- with .destinations.networks }}
- { name: CATNAP_DESTINATION_NETWORKS, value: {{ join "," . | quote }} }
{{- end }}
{{- if .destinations.allowHttp }}
- { name: CATNAP_DESTINATION_HTTP, value: "true" }
{{- end }}
- { name: CATNAP_LOG_LEVEL, value: {{ .logLevel | quote }} }
{{- end }}
{{- end -}}

{{/* What the activator is told of the dispatcher, by which both know each other. */}}
{{- define "catnap.activatorDispatcherEnv" -}}
{{- $dispatcher := printf "%s-dispatcher" (include "catnap.fullname" .) -}}
- { name: CATNAP_DISPATCHER_URL, value: "http://{{ $dispatcher }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}:8082" }
- { name: CATNAP_DISPATCHER_TOKEN_FILE, value: /var/run/secrets/catnap-dispatcher/token }
- { name: CATNAP_DISPATCHER_SUBJECT, value: "system:serviceaccount:{{ .Release.Namespace }}:{{ $dispatcher }}" }
- { name: CATNAP_DELIVERY_PORT, value: "8081" }
- { name: CATNAP_DELIVERY_DRAIN_SECONDS, value: {{ int .Values.activator.deliveryDrainSeconds | quote }} }
{{- end -}}
