{{- define "ioc.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: ioc-monitor
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "ioc.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: ioc-monitor
{{- end }}

{{- define "ioc.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* Address of one of our pages for people. */}}
{{- define "ioc.url" -}}
{{- if .root.Values.ingress.enabled }}https://{{ .name }}.{{ .root.Values.ingress.domain }}{{ else }}http://127.0.0.1:{{ .port }}{{ end }}
{{- end }}

{{/*
The pod of one process. Takes root, name, command, port, env (a dictionary), secrets (keys of the Secret that are
mounted), kafka (whether it is a Kafka user), stuck (the path of its liveness), mounts and volumes (lists), grace (s).
Files lie where docker compose puts them: /run/secrets.
*/}}
{{- define "ioc.pod" -}}
{{- $own := index .root.Values .name }}
metadata:
  labels:
    {{- include "ioc.selector" . | nindent 4 }}
  annotations:
    checksum/subsystems: {{ toJson .root.Values.subsystems | sha256sum }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false # it would set IOC_ variables that are no settings
  terminationGracePeriodSeconds: {{ .grace | default 30 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile: {type: RuntimeDefault}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "ioc.selector" $ | nindent 10 }}
    {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ include "ioc.image" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: {{ toJson .command }}
      env:
        {{- if .kafka }}
        - {name: IOC_BOOTSTRAP_SERVERS, value: "ioc-kafka-bootstrap:9093"}
        - {name: IOC_SECURITY_PROTOCOL, value: SASL_SSL}
        - {name: IOC_SASL_USERNAME, value: ioc-{{ .name }}}
        - {name: IOC_SASL_PASSWORD_FILE, value: /run/secrets/kafka_password}
        - {name: IOC_CA_FILE, value: /run/secrets/ca}
        {{- end }}
        {{- range $name, $value := .env }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
        {{- if .root.Values.subsystems }}
        - {name: IOC_SUBSYSTEMS, value: /etc/ioc/subsystems}
        {{- end }}
        {{- range $name, $value := .root.Values.settings }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
      ports:
        - {name: http, containerPort: {{ .port }}}
        {{- range $name, $port := .ports }}
        - {name: {{ $name }}, containerPort: {{ $port }}}
        {{- end }}
      startupProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 5
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 15
        timeoutSeconds: 5
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 5
        timeoutSeconds: 5
      resources:
        {{- toYaml $own.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        - {name: secrets, mountPath: /run/secrets, readOnly: true}
        {{- if .root.Values.subsystems }}
        - {name: subsystems, mountPath: /etc/ioc/subsystems, readOnly: true}
        {{- end }}
        {{- with .mounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- with .secrets }}
          - secret:
              name: {{ $.root.Values.secretName }}
              items:
                {{- range . }}
                - {key: {{ . }}, path: {{ . }}}
                {{- end }}
          {{- end }}
          {{- if .kafka }}
          - secret:
              name: ioc-{{ .name }}
              items: [{key: password, path: kafka_password}]
          {{- end }}
          {{- if or .kafka .ca }}
          - secret:
              name: ioc-cluster-ca-cert
              items: [{key: ca.crt, path: ca}]
          {{- end }}
    {{- if .root.Values.subsystems }}
    - name: subsystems
      configMap: {name: ioc-subsystems}
    {{- end }}
    {{- with .volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* Takes root, name, and ports: a dictionary of names and numbers. */}}
{{- define "ioc.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: ioc-{{ .name }}
  labels:
    {{- include "ioc.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "ioc.selector" . | nindent 4 }}
  ports:
    {{- range $name, $port := .ports }}
    - {name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }}}
    {{- end }}
{{- end }}

{{/* Takes root and name. */}}
{{- define "ioc.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ioc-{{ .name }}
  labels:
    {{- include "ioc.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "ioc.selector" . | nindent 6 }}
{{- end }}

{{/* A volume that a StatefulSet keeps. Takes name and own: the values of its part. */}}
{{- define "ioc.claim" -}}
- metadata:
    name: data
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .own.storageClass }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests:
        storage: {{ .own.storage }}
{{- end }}
