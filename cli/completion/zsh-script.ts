import { type Case, casesOf, flagsOf, patternOf, patternsOf, valuedFlags } from './cases.ts';
import type { CompletedOption, CompletionModel } from './completion-model.ts';

/** Pure. */
export function zshScript({ commands, globals }: CompletionModel): string {
  return `#compdef catnap
# Completion of catnap for zsh: source <(catnap completion zsh), or a file _catnap in a folder of fpath.
_catnap() {
  local command='' option='' place=0 word
  local -a found told valued
  for word in "\${(@)words[2,CURRENT-1]}"; do
    _catnap_valued "$command"
    if [[ -n $option ]]; then option=''
    elif [[ $word == -* ]]; then if (( \${valued[(Ie)$word]} )); then option=$word; fi
    elif [[ -z $command ]]; then command=$word
    else (( place += 1 ))
    fi
  done
  if [[ -n $option ]]; then _catnap_candidates "$command $option"
  elif [[ -z $command && \${words[CURRENT]} != -* ]]; then
${added(commands.flatMap(({ name, aliases, description }) => [name, ...aliases].map((word): Told => [word, description])))}
  elif [[ \${words[CURRENT]} == -* ]]; then _catnap_options "$command"
  else _catnap_candidates "$command $place"
  fi
}
_catnap_options() {
  case $1 in
    '')
${added(toldOptions(globals))} ;;
${commands.map((command) => `    ${patternOf(command)})\n${added(toldOptions(command.options))} ;;`).join('\n')}
  esac
}
_catnap_valued() {
  valued=()
  case $1 in
    '') valued=(${valuedFlags(globals).join(' ')}) ;;
${commands.map((command) => `    ${patternOf(command)}) valued=(${valuedFlags(command.options).join(' ')}) ;;`).join('\n')}
  esac
}
_catnap_candidates() {
  case $1 in
${casesOf({ commands, globals }).map(caseText).join('\n')}
  esac
}
_catnap_names() {
  found=(\${(f)"$("\${words[1]}" __complete $1 -- "\${(@)words[2,-1]}" 2>/dev/null)"})
  compadd -a found
}
if [[ \${funcstack[1]} == _catnap ]]; then _catnap "$@"; else compdef _catnap catnap; fi
`;
}

/** A word, and what is said of it. */
type Told = readonly [word: string, description: string];

function added(all: readonly Told[]): string {
  const width = Math.max(0, ...all.map(([word]) => word.length));
  const words = all.map(([word]) => quoted(word)).join(' ');
  const lines = all.map(([word, description]) => quoted(`${word.padEnd(width)}  ${description}`)).join(' ');
  return `    found=(${words})\n    told=(${lines})\n    compadd -l -d told -a found`;
}

function toldOptions(options: readonly CompletedOption[]): Told[] {
  return options.flatMap((option) => flagsOf(option).map((flag): Told => [flag, option.description]));
}

const DONE: Readonly<Record<string, string>> = {
  files: '_files',
  folders: '_files -/',
  functions: '_catnap_names functions',
  triggers: '_catnap_names triggers',
};

function caseText(each: Case): string {
  const { value } = each;
  const what = typeof value === 'string' ? DONE[value] : `compadd -- ${value.words.map(quoted).join(' ')}`;
  return `    (${patternsOf(each, quoted).join('|')}) ${what} ;;`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
