/**
 * The worst cost of a rule, in the units of a real server: about one per step. An estimate: rules over values without a
 * maximum come out as far too expensive, as there; close to the limit the two may differ.
 */
import type { Schema } from '../../kind-schema.ts';
import { type AstNode, isNode } from './mistakes.ts';
import { elementOf, memberOf, SCALAR, type Sized, sizedOf } from './sizes.ts';

export const MOST_PER_RULE = 10_000_000;
export const MOST_PER_SCHEMA = 100_000_000;

const PER_CHARACTER = 0.1;
const PER_REGEXP_CHARACTER = 0.25;
const NEW_LIST = 10;
const NEW_MAP = 30;
/** What a comprehension adds to its predicate for each item. */
const PER_ITEM: Record<string, number> = { all: 3, exists: 4, exists_one: 2, map: 12, filter: 13 };

type Scope = ReadonlyMap<string, Sized>;
interface Estimate {
  cost: number;
  value: Sized;
}

/** Cost of one evaluation of an expression over `self` (and `oldSelf`) of a schema. */
export function costOf(ast: AstNode, self: Schema): number {
  const value = sizedOf(self);
  return estimate(
    ast,
    new Map([
      ['self', value],
      ['oldSelf', value],
    ]),
  ).cost;
}

function estimate(node: AstNode, scope: Scope): Estimate {
  const { op, args } = node;
  switch (op) {
    case 'value':
      return { cost: 0, value: { size: typeof args === 'string' ? args.length : 1 } };
    case 'id':
      return { cost: 1, value: scope.get(args as string) ?? SCALAR };
    case '.':
    case '.?':
      return field(args as [AstNode, string], scope);
    case '[]':
    case '[?]':
      return index(args as [AstNode, AstNode], scope);
    case 'list':
      return list(args as AstNode[], scope);
    case 'map':
      return {
        cost: NEW_MAP + total((args as AstNode[][]).flat(), scope),
        value: { size: (args as unknown[]).length },
      };
    case '?:':
      return ternary(args as AstNode[], scope);
    case 'call':
      return call((args as [string, AstNode[]])[0], undefined, (args as [string, AstNode[]])[1], scope);
    case 'rcall': {
      const [name, receiver, parameters] = args as [string, AstNode, AstNode[]];
      return call(name, receiver, parameters, scope);
    }
    default:
      return operator(op, (Array.isArray(args) ? args : [args]).filter(isNode), scope);
  }
}

function total(nodes: readonly AstNode[], scope: Scope): number {
  return nodes.reduce((sum, node) => sum + estimate(node, scope).cost, 0);
}

function field([of, name]: [AstNode, string], scope: Scope): Estimate {
  const { cost, value } = estimate(of, scope);
  return { cost: cost + 1, value: memberOf(value, name) };
}

function index([of, at]: [AstNode, AstNode], scope: Scope): Estimate {
  const { cost, value } = estimate(of, scope);
  return { cost: cost + 1 + estimate(at, scope).cost, value: memberOf(value, undefined) };
}

function list(items: AstNode[], scope: Scope): Estimate {
  const element = items.map((item) => estimate(item, scope).value).reduce((a, b) => (a.size > b.size ? a : b), SCALAR);
  return { cost: NEW_LIST + total(items, scope), value: { size: items.length, element } };
}

function ternary([condition, yes, no]: AstNode[], scope: Scope): Estimate {
  const [a, b] = [estimate(yes as AstNode, scope), estimate(no as AstNode, scope)];
  const cost = estimate(condition as AstNode, scope).cost + Math.max(a.cost, b.cost);
  return { cost, value: a.value.size > b.value.size ? a.value : b.value };
}

function operator(op: string, operands: AstNode[], scope: Scope): Estimate {
  const parts = operands.map((operand) => estimate(operand, scope));
  const cost = parts.reduce((sum, part) => sum + part.cost, 0);
  const [left = SCALAR, right = SCALAR] = parts.map(({ value }) => value);
  switch (op) {
    case '==':
    case '!=':
      return { cost: cost + Math.ceil(Math.min(left.size, right.size) * PER_CHARACTER), value: SCALAR };
    case 'in':
      return { cost: cost + (right.schema?.type === 'object' ? 1 : right.size), value: SCALAR };
    case '+': {
      const size = left.size + right.size;
      return { cost: cost + 1 + (size > 2 ? size * PER_CHARACTER : 0), value: { ...left, size } };
    }
    default:
      return { cost: cost + 1, value: SCALAR };
  }
}

function call(name: string, receiver: AstNode | undefined, args: AstNode[], scope: Scope): Estimate {
  if (name === 'bind' && args.length === 3) return binding(args as [AstNode, AstNode, AstNode], scope);
  const perItem = PER_ITEM[name];
  if (receiver !== undefined && perItem !== undefined && args.length >= 2)
    return comprehension(name, receiver, args, scope, perItem);
  const target = receiver === undefined ? undefined : estimate(receiver, scope);
  const parts = args.map((arg) => estimate(arg, scope));
  const cost = parts.reduce((sum, part) => sum + part.cost, target?.cost ?? 0);
  const values = [...(target === undefined ? [] : [target.value]), ...parts.map(({ value }) => value)];
  return { cost: cost + functionCost(name, values), value: resultOf(name, values) };
}

function binding([variable, value, expression]: [AstNode, AstNode, AstNode], scope: Scope): Estimate {
  const bound = estimate(value, scope);
  const inner = estimate(expression, new Map(scope).set(variable.args as string, bound.value));
  return { cost: bound.cost + inner.cost, value: inner.value };
}

function comprehension(name: string, over: AstNode, args: AstNode[], scope: Scope, perItem: number): Estimate {
  const range = estimate(over, scope);
  const inner = new Map(scope).set((args[0] as AstNode).args as string, elementOf(range.value));
  const steps = args.slice(1).map((arg) => estimate(arg, inner));
  const step = steps.reduce((sum, part) => sum + part.cost, perItem);
  const last = steps.at(-1)?.value ?? SCALAR;
  const element = name === 'map' ? last : elementOf(range.value);
  const isList = name === 'map' || name === 'filter';
  return {
    cost: range.cost + 1 + range.value.size * step,
    value: isList ? { size: range.value.size, element } : SCALAR,
  };
}

function functionCost(name: string, [first = SCALAR, second = SCALAR]: readonly Sized[]): number {
  switch (name) {
    case 'matches':
    case 'find':
    case 'findAll':
      return Math.ceil((first.size + 1) * PER_CHARACTER) * Math.ceil(second.size * PER_REGEXP_CHARACTER);
    case 'contains':
      return Math.ceil(first.size * PER_CHARACTER) * Math.ceil(second.size * PER_CHARACTER);
    case 'startsWith':
    case 'endsWith':
      return Math.ceil(second.size * PER_CHARACTER);
    case 'isSorted':
    case 'sum':
    case 'min':
    case 'max':
      return first.size;
    case 'replace':
    case 'split':
    case 'join':
      return Math.ceil(first.size * 2 * PER_CHARACTER);
    case 'has':
    case 'size':
      return 1;
    default:
      return 1 + Math.ceil(Math.min(first.size, 1e9) * (TRAVERSING.has(name) ? PER_CHARACTER : 0));
  }
}
const TRAVERSING: ReadonlySet<string> = new Set(
  'url isURL lowerAscii upperAscii substring trim quantity isQuantity indexOf lastIndexOf string isIP isCIDR'.split(
    ' ',
  ),
);

function resultOf(name: string, [first = SCALAR]: readonly Sized[]): Sized {
  switch (name) {
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
    case 'replace':
    case 'find':
    case 'string':
    case 'value':
    case 'orValue':
      return first;
    case 'split':
    case 'findAll':
      return { size: first.size, element: { size: first.size } };
    default:
      return SCALAR;
  }
}
