/**
 * The messages that kubectl sends as protobuf: what `kubectl create <kind>`, `drain` and `auth` are made of. Per message
 * `number:name:type`; type: `s` text, `i` integer, `b` boolean, `y` bytes, else a message. Before the type: `*` list,
 * `%` map from text, `?` a zero is meant as it is. Without a name: the message's fields stand among those of its parent.
 */
const MESSAGES: { readonly [message: string]: string } = {
  ObjectMeta: '1:name:s 2:generateName:s 3:namespace:s 11:labels:%s 12:annotations:%s 14:finalizers:*s',
  Namespace: '1:metadata:ObjectMeta',
  ConfigMap: '1:metadata:ObjectMeta 2:data:%s 3:binaryData:%y 4:immutable:?b',
  Secret: '1:metadata:ObjectMeta 2:data:%y 3:type:s 4:stringData:%s 5:immutable:?b',
  ServiceAccount:
    '1:metadata:ObjectMeta 2:secrets:*ObjectReference 3:imagePullSecrets:*LocalObjectReference 4:automountServiceAccountToken:?b',
  ObjectReference: '1:kind:s 2:namespace:s 3:name:s',
  LocalObjectReference: '1:name:s',
  Service: '1:metadata:ObjectMeta 2:spec:ServiceSpec',
  ServiceSpec:
    '1:ports:*ServicePort 2:selector:%s 3:clusterIP:s 4:type:s 5:externalIPs:*s 7:sessionAffinity:s 8:loadBalancerIP:s 10:externalName:s 18:clusterIPs:*s',
  ServicePort: '1:name:s 2:protocol:s 3:port:i 4:targetPort:IntOrString 5:nodePort:i',
  ResourceQuota: '1:metadata:ObjectMeta 2:spec:ResourceQuotaSpec',
  ResourceQuotaSpec: '1:hard:%Quantity 2:scopes:*s',
  Deployment: '1:metadata:ObjectMeta 2:spec:DeploymentSpec',
  DeploymentSpec: '1:replicas:?i 2:selector:LabelSelector 3:template:PodTemplateSpec 4:strategy:DeploymentStrategy',
  DeploymentStrategy: '1:type:s',
  LabelSelector: '1:matchLabels:%s 2:matchExpressions:*LabelSelectorRequirement',
  LabelSelectorRequirement: '1:key:s 2:operator:s 3:values:*s',
  Job: '1:metadata:ObjectMeta 2:spec:JobSpec',
  JobSpec:
    '1:parallelism:?i 2:completions:?i 3:activeDeadlineSeconds:?i 4:selector:LabelSelector 5:manualSelector:?b 6:template:PodTemplateSpec 7:backoffLimit:?i 8:ttlSecondsAfterFinished:?i 9:completionMode:s 10:suspend:?b',
  Ingress: '1:metadata:ObjectMeta 2:spec:IngressSpec',
  IngressSpec: '1:defaultBackend:IngressBackend 2:tls:*IngressTLS 3:rules:*IngressRule 4:ingressClassName:s',
  IngressBackend: '3:resource:TypedLocalObjectReference 4:service:IngressServiceBackend',
  TypedLocalObjectReference: '1:apiGroup:s 2:kind:s 3:name:s',
  IngressServiceBackend: '1:name:s 2:port:ServiceBackendPort',
  ServiceBackendPort: '1:name:s 2:number:i',
  IngressTLS: '1:hosts:*s 2:secretName:s',
  IngressRule: '1:host:s 2::IngressRuleValue',
  IngressRuleValue: '1:http:HTTPIngressRuleValue',
  HTTPIngressRuleValue: '1:paths:*HTTPIngressPath',
  HTTPIngressPath: '1:path:s 2:backend:IngressBackend 3:pathType:s',
  PodTemplateSpec: '1:metadata:ObjectMeta 2:spec:PodSpec',
  PodSpec: '2:containers:*Container 3:restartPolicy:s 8:serviceAccountName:s',
  Container:
    '1:name:s 2:image:s 3:command:*s 4:args:*s 6:ports:*ContainerPort 7:env:*EnvVar 8:resources:ResourceRequirements 14:imagePullPolicy:s',
  ContainerPort: '1:name:s 2:hostPort:i 3:containerPort:i 4:protocol:s 5:hostIP:s',
  EnvVar: '1:name:s 2:value:s',
  ResourceRequirements: '1:limits:%Quantity 2:requests:%Quantity',
  Role: '1:metadata:ObjectMeta 2:rules:*PolicyRule',
  ClusterRole: '1:metadata:ObjectMeta 2:rules:*PolicyRule 3:aggregationRule:AggregationRule',
  AggregationRule: '1:clusterRoleSelectors:*LabelSelector',
  PolicyRule: '1:verbs:*s 2:apiGroups:*s 3:resources:*s 4:resourceNames:*s 5:nonResourceURLs:*s',
  RoleBinding: '1:metadata:ObjectMeta 2:subjects:*Subject 3:roleRef:RoleRef',
  ClusterRoleBinding: '1:metadata:ObjectMeta 2:subjects:*Subject 3:roleRef:RoleRef',
  RoleRef: '1:apiGroup:s 2:kind:s 3:name:s',
  Subject: '1:kind:s 2:apiGroup:s 3:name:s 4:namespace:s',
  PodDisruptionBudget: '1:metadata:ObjectMeta 2:spec:PodDisruptionBudgetSpec',
  PodDisruptionBudgetSpec: '1:minAvailable:IntOrString 2:selector:LabelSelector 3:maxUnavailable:IntOrString',
  PriorityClass: '1:metadata:ObjectMeta 2:value:?i 3:globalDefault:b 4:description:s 5:preemptionPolicy:s',
  Eviction: '1:metadata:ObjectMeta 2:deleteOptions:DeleteOptions',
  DeleteOptions:
    '1:gracePeriodSeconds:?i 2:preconditions:Preconditions 3:orphanDependents:?b 4:propagationPolicy:s 5:dryRun:*s',
  Preconditions: '1:uid:s 2:resourceVersion:s',
  TokenRequest: '1:metadata:ObjectMeta 2:spec:TokenRequestSpec',
  TokenRequestSpec: '1:audiences:*s 3:boundObjectRef:BoundObjectReference 4:expirationSeconds:?i',
  BoundObjectReference: '1:kind:s 2:apiVersion:s 3:name:s 4:uid:s',
  SelfSubjectReview: '1:metadata:ObjectMeta',
  SelfSubjectAccessReview: '1:metadata:ObjectMeta 2:spec:SelfSubjectAccessReviewSpec',
  SelfSubjectAccessReviewSpec: '1:resourceAttributes:ResourceAttributes 2:nonResourceAttributes:NonResourceAttributes',
  ResourceAttributes: '1:namespace:s 2:verb:s 3:group:s 4:version:s 5:resource:s 6:subresource:s 7:name:s',
  NonResourceAttributes: '1:path:s 2:verb:s',
  SelfSubjectRulesReview: '1:metadata:ObjectMeta 2:spec:SelfSubjectRulesReviewSpec',
  SelfSubjectRulesReviewSpec: '1:namespace:s',
};

export interface MessageField {
  /** Empty: the fields of the message stand among those of its parent. */
  name: string;
  /** `s`, `i`, `b`, `y`, or a message. */
  type: string;
  shape: 'one' | 'list' | 'map';
  /** True: a zero was meant; else it is as good as absent. */
  keepsZero: boolean;
}

const SHAPES: { readonly [mark: string]: MessageField['shape'] } = { '*': 'list', '%': 'map' };

/** The fields of a message by their numbers; `undefined` for one that is not known. */
export function messageFields(message: string): ReadonlyMap<number, MessageField> | undefined {
  const text = MESSAGES[message];
  if (text === undefined) return undefined;
  const fields = text.split(' ').map((part): [number, MessageField] => {
    const [number = '', name = '', marked = ''] = part.split(':');
    const mark = marked[0] ?? '';
    const type = marked.replace(/^[*%?]/, '');
    return [Number(number), { name, type, shape: SHAPES[mark] ?? 'one', keepsZero: mark === '?' }];
  });
  return new Map(fields);
}
