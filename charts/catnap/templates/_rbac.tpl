{{/*
Grants `rules` (YAML) to the service account <fullname>-<component>: in the whole cluster, or in each of the namespaces
that the values list. Takes root, component, rules and, for hooks, annotations (YAML).
*/}}
{{- define "catnap.grant" -}}
{{- $root := .root -}}
{{- $name := printf "%s-%s" (include "catnap.fullname" .root) .component -}}
{{- $labels := include "catnap.labels" (dict "root" .root "component" .component) -}}
{{- $all := . -}}
{{- if .root.Values.namespaces }}
{{- range $namespace := .root.Values.namespaces }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels:
    {{- $labels | nindent 4 }}
  {{- with get $all "annotations" }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
rules:
  {{- $all.rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels:
    {{- $labels | nindent 4 }}
  {{- with get $all "annotations" }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }} }
subjects:
  - { kind: ServiceAccount, name: {{ $name }}, namespace: {{ $root.Release.Namespace }} }
{{- end }}
{{- else }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
  {{- with get $all "annotations" }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
  {{- with get $all "annotations" }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ $name }} }
subjects:
  - { kind: ServiceAccount, name: {{ $name }}, namespace: {{ $root.Release.Namespace }} }
{{- end }}
{{- end -}}

{{/* A ServiceAccount <fullname>-<component>. Takes root, component and, for hooks, annotations (YAML). */}}
{{- define "catnap.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "catnap.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "catnap.labels" . | nindent 4 }}
  {{- with get . "annotations" }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Annotations of an object that Helm makes for a moment. Takes events and weight, a string. */}}
{{- define "catnap.hook" -}}
helm.sh/hook: {{ .events }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
