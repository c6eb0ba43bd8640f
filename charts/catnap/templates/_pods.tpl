{{/* What the pods of operator, activator and jobs have in common. Takes root and pod, the part of the values about it. */}}
{{- define "catnap.podSpec" -}}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
enableServiceLinks: false
{{- with .pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What the long-lived ones have beside that. */}}
{{- define "catnap.serverPodSpec" -}}
{{ include "catnap.podSpec" . | trim }}
{{- with .pod.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Labels and annotations of a Deployment's pods. Takes root, component and pod. */}}
{{- define "catnap.podMetadata" -}}
labels:
  {{- include "catnap.selectorLabels" . | nindent 2 }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  {{- with .pod.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .pod.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A pod that runs one chore and ends. Takes root, task, serviceAccount and env, a dict. */}}
{{- define "catnap.chorePodSpec" -}}
restartPolicy: Never
serviceAccountName: {{ .serviceAccount }}
{{ include "catnap.podSpec" (dict "root" .root "pod" .root.Values.jobs) | trim }}
containers:
  - name: {{ .task }}
    image: {{ include "catnap.image" (dict "root" .root "image" .root.Values.operator.image) | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: ["node", "/catnap/chores.mjs"]
    args: [{{ .task }}]
    env:
      # So much sooner than Kubernetes ends the pod that its own message is the last.
      - name: CATNAP_CHORE_SECONDS
        value: {{ sub (int .root.Values.jobs.deadlineSeconds) 20 | quote }}
      {{- range $name, $value := .env }}
      - name: {{ $name }}
        value: {{ $value | quote }}
      {{- end }}
    terminationMessagePolicy: FallbackToLogsOnError
    resources:
      {{- toYaml .root.Values.jobs.resources | nindent 6 }}
    securityContext:
      {{- toYaml .root.Values.securityContext | nindent 6 }}
{{- end -}}

{{/* Spreads a Deployment's pods over nodes as far as there are several. Takes root and component. */}}
{{- define "catnap.spread" -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "catnap.selectorLabels" . | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end -}}
