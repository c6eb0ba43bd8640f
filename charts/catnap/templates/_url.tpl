{{/* Scheme of the addresses in status.url. */}}
{{- define "catnap.urlScheme" -}}
{{- if .Values.url.scheme -}}
{{- .Values.url.scheme -}}
{{- else if .Values.ingress.enabled -}}
{{- ternary "https" "http" (not (empty .Values.ingress.tls)) -}}
{{- else -}}
{{- ternary "https" "http" (not (empty .Values.tls.secretName)) -}}
{{- end -}}
{{- end -}}

{{/* Port of the addresses in status.url; nothing: the scheme's own. */}}
{{- define "catnap.urlPort" -}}
{{- $https := eq (include "catnap.urlScheme" .) "https" -}}
{{- $loopback := or (eq .Values.domain "localhost") (hasSuffix ".localhost" .Values.domain) -}}
{{- if int .Values.url.port -}}
{{- int .Values.url.port -}}
{{- else if .Values.ingress.enabled -}}
{{- else if eq .Values.service.type "NodePort" -}}
{{- $port := int (ternary .Values.service.nodePorts.https .Values.service.nodePorts.http $https) -}}
{{- if $port }}{{ $port }}{{ end -}}
{{- else if and (eq .Values.service.type "ClusterIP") $loopback -}}
{{- ternary "8443" "8080" $https -}}
{{- end -}}
{{- end -}}
