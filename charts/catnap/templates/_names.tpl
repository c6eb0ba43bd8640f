{{/* First part of every name. At most 46 characters, so that with the longest last part it is a DNS label. */}}
{{- define "catnap.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- else if contains "catnap" .Release.Name -}}
{{- .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-catnap" .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* First part of the names of cluster-wide objects: limited to namespaces, there may be several releases of one name. */}}
{{- define "catnap.clusterName" -}}
{{- if .Values.namespaces -}}
{{- printf "%s-%s" (include "catnap.fullname" .) .Release.Namespace -}}
{{- else -}}
{{- include "catnap.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* What a Service or Deployment selects pods by. Takes root and component. */}}
{{- define "catnap.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Of every object. Takes root and component. */}}
{{- define "catnap.labels" -}}
{{ include "catnap.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Takes root and image, one of the values' images. */}}
{{- define "catnap.image" -}}
{{- $common := .root.Values.image -}}
{{- with $common.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest -}}
@{{ .image.digest }}
{{- else -}}
:{{ .image.tag | default $common.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Where `helm test` makes its function. */}}
{{- define "catnap.testNamespace" -}}
{{- $listed := "" -}}
{{- if .Values.namespaces -}}{{- $listed = first .Values.namespaces -}}{{- end -}}
{{- .Values.test.namespace | default $listed | default .Release.Namespace -}}
{{- end -}}
