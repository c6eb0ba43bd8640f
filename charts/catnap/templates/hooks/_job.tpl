{{/* A hook's Job that runs one chore as the service account of its name. Takes root, task, events and env, a dict. */}}
{{- define "catnap.choreJob" -}}
{{- $name := printf "%s-%s" (include "catnap.fullname" .root) .task -}}
{{- $labels := dict "root" .root "component" .task -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "catnap.labels" $labels | nindent 4 }}
  annotations:
    {{- include "catnap.hook" (dict "events" .events "weight" "0") | nindent 4 }}
spec:
  backoffLimit: 3
  activeDeadlineSeconds: {{ int .root.Values.jobs.deadlineSeconds }}
  template:
    metadata:
      labels:
        {{- include "catnap.selectorLabels" $labels | nindent 8 }}
    spec:
      {{- include "catnap.chorePodSpec" (dict "root" .root "task" .task "serviceAccount" $name "env" .env) | nindent 6 }}
{{- end -}}
