import { type Case, casesOf, flagsOf, patternOf, patternsOf, valuedFlags } from './cases.ts';
import type { CompletionModel } from './completion-model.ts';

/** For bash from 3.2 on, as macOS has it. Pure. */
export function bashScript({ commands, globals }: CompletionModel): string {
  return `# Completion of catnap for bash: source <(catnap completion bash)
_catnap_options() {
  case $1 in
${commands.map((command) => `    ${patternOf(command)}) echo '${command.options.flatMap(flagsOf).join(' ')}' ;;`).join('\n')}
  esac
}
_catnap_valued() {
  case $1 in
    '') echo '${valuedFlags(globals).join(' ')}' ;;
${commands.map((command) => `    ${patternOf(command)}) echo '${valuedFlags(command.options).join(' ')}' ;;`).join('\n')}
  esac
}
# What may be the value of an option, or an argument at its place: a kind, or words.
_catnap_candidates() {
  case "$1 $2" in
${casesOf({ commands, globals }).map(caseText).join('\n')}
  esac
}
_catnap() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} command='' option='' place=0 candidates word i
  local -a all
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $option ]]; then option=''
    elif [[ $word == -* ]]; then
      if [[ " $(_catnap_valued "$command") " == *" $word "* ]]; then option=$word; fi
    elif [[ -z $command ]]; then command=$word
    else place=$((place + 1))
    fi
  done
  if [[ -n $option ]]; then candidates=$(_catnap_candidates "$command" "$option")
  elif [[ -z $command ]]; then candidates='${commands.flatMap(({ name, aliases }) => [name, ...aliases]).join(' ')} ${globals.flatMap(flagsOf).join(' ')}'
  elif [[ $cur == -* ]]; then candidates=$(_catnap_options "$command")
  else candidates=$(_catnap_candidates "$command" "$place")
  fi
  case $candidates in
    @functions | @triggers) candidates=$("\${COMP_WORDS[0]}" __complete "\${candidates#@}" -- "\${COMP_WORDS[@]:1}" 2>/dev/null) ;;
    @files | @folders)
      compopt -o filenames 2>/dev/null
      IFS=$'\\n'
      if [[ $candidates == @files ]]; then COMPREPLY=($(compgen -f -- "$cur")); else COMPREPLY=($(compgen -d -- "$cur")); fi
      return ;;
  esac
  # Not by compgen -W, which runs what stands in its words as the shell would.
  COMPREPLY=()
  read -r -d '' -a all <<<"$candidates"
  for word in \${all[@]+"\${all[@]}"}; do
    if [[ $word == "$cur"* ]]; then COMPREPLY+=("$word"); fi
  done
}
complete -F _catnap catnap
`;
}

function caseText(each: Case): string {
  const said = typeof each.value === 'string' ? `@${each.value}` : each.value.words.join(' ');
  return `    ${patternsOf(each, (text) => `"${text}"`).join(' | ')}) echo '${said}' ;;`;
}
