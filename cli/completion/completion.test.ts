/** The scripts in real shells. The command that they call for names of functions is a stand-in that says how it was called. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { program } from '../command-line/program.ts';
import { bashScript } from './bash-script.ts';
import { clusterWords } from './cluster-words.ts';
import { completionModel } from './completion-model.ts';
import { fishScript } from './fish-script.ts';
import { zshScript } from './zsh-script.ts';

const model = completionModel(program('1.2.3', async () => undefined));
const folder = mkdtempSync(join(tmpdir(), 'catnap-completion-'));
after(() => rmSync(folder, { recursive: true }));
const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder };

before(() => {
  writeFileSync(
    join(folder, 'catnap'),
    '#!/bin/sh\nif [ "$2" = triggers ]; then printf "nightly\\nweekly\\n"; exit; fi\nshift 3\necho "$*" >"$HOME/asked"\nprintf "greet\\ngrow\\n"\n',
  );
  chmodSync(join(folder, 'catnap'), 0o755);
  writeFileSync(join(folder, 'a file.yaml'), '');
});

/** What a shell offers at the end of the line, whose last word is empty after a space. */
type Offers = (line: string) => string[];

const TRIES: [line: string, offered: string[]][] = [
  ['catnap des', ['describe']],
  ['catnap ro', ['rollback']],
  ['catnap -n team des', ['describe']],
  ['catnap list --w', ['--wide']],
  ['catnap ls --w', ['--wide']],
  ['catnap describe ', ['greet', 'grow']],
  ['catnap invoke gre', ['greet']],
  ['catnap logs gre', ['greet']],
  ['catnap -n team invoke -X PUT gre', ['greet']],
  ['catnap invoke greet ', []],
  ['catnap describe -n ', []],
  ['catnap delete greet gro', ['grow']],
  ['catnap deploy --exi', ['--exit-code']],
  ['catnap completion ', ['bash', 'fish', 'zsh']],
  ['catnap invocations ', ['list', 'purge', 'retry', 'show']],
  ['catnap invocations list gre', ['greet']],
  ['catnap invocations retry --state bu', ['buried']],
  ['catnap trigger ', ['list', 'run', 'show']],
  ['catnap trigger run --wait ni', ['nightly']],
  ['catnap --vers', ['--version']],
];

function trying(shell: string, offers: Offers): void {
  suite(`${shell} completes`, { skip: missing(shell) }, () => {
    for (const [line, offered] of TRIES) {
      test(`"${line}"`, () => assert.deepEqual(offers(line).toSorted(), offered));
    }
  });
}

/** Why its tests are left out; false: it is here. */
function missing(shell: string): string | false {
  return spawnSync(shell, ['--version'], { env }).error !== undefined && `not checked: ${shell} is not installed`;
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');
const run = (shell: string, args: readonly string[]) =>
  lines(execFileSync(shell, args, { env, cwd: folder, encoding: 'utf8' }));

const BASH = `${bashScript(model)}
read -r -a COMP_WORDS <<<"$1"
[[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_catnap
printf '%s\\n' "\${COMPREPLY[@]}"`;
trying('bash', (line) => run('bash', ['--norc', '-c', BASH, 'bash', line]));

// The builtins that work within its line editor alone are stood in for, so that the script can be called by itself.
const ZSH = `compdef() { : }
compadd() {
  local -a all
  case $1 in
    -l) all=("\${(@P)5}") ;;
    -a) all=("\${(@P)2}") ;;
    *) all=("\${@[2,-1]}") ;;
  esac
  print -l -- \${(M)all:#\${words[CURRENT]}*}
}
${zshScript(model)}
words=(\${=1})
[[ $1 == *' ' ]] && words+=('')
CURRENT=\${#words}
_catnap`;
trying('zsh', (line) => run('zsh', ['-f', '-c', ZSH, 'zsh', line]));

const FISH = `${fishScript(model)}\ncomplete -C $argv[1]`;
trying('fish', (line) => run('fish', ['--no-config', '-c', FISH, line]).map((each) => each.split('\t')[0] as string));

test('bash offers files with spaces in their names for what is a file', { skip: missing('bash') }, () => {
  const offered = run('bash', ['--norc', '-c', BASH, 'bash', 'catnap list --kubeconfig a']);
  assert.ok(offered.includes('a file.yaml'), String(offered));
});

test('bash runs nothing of what is offered, whatever the cluster calls its functions', {
  skip: missing('bash'),
}, () => {
  const hostile = { ...env, PATH: `${join(folder, 'hostile')}:${env.PATH}` };
  mkdirSync(join(folder, 'hostile'));
  const names = ['$(touch executed)', '`touch executed`', '*', 'greet'];
  writeFileSync(join(folder, 'hostile', 'catnap'), `#!/bin/sh\ncat <<'END'\n${names.join('\n')}\nEND\n`);
  chmodSync(join(folder, 'hostile', 'catnap'), 0o755);
  const options = { env: hostile, cwd: folder, encoding: 'utf8' } as const;
  const offered = lines(execFileSync('bash', ['--norc', '-c', BASH, 'bash', 'catnap describe '], options));
  assert.deepEqual(offered, ['$(touch', 'executed)', '`touch', 'executed`', '*', 'greet']);
  assert.ok(!existsSync(join(folder, 'executed')));
});

test('bash says where it completes: complete -p', { skip: missing('bash') }, () => {
  const script = `${bashScript(model)}\ncomplete -p catnap`;
  assert.deepEqual(run('bash', ['--norc', '-c', script]), ['complete -F _catnap catnap']);
});

test('names of functions are those of the cluster and the namespace that the line names', () => {
  const words = (line: string) => clusterWords(line.split(' '));
  assert.deepEqual(words('-n team --context=prod describe --kubeconfig /a=b'), {
    namespace: 'team',
    context: 'prod',
    kubeconfig: '/a=b',
  });
  assert.deepEqual(words('describe --namespace'), {});
  assert.deepEqual(words('invoke constructor -H toString __proto__ x'), {});
});
