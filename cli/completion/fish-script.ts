import { valuedFlags } from './cases.ts';
import type { Candidates, CompletedCommand, CompletedOption, CompletionModel } from './completion-model.ts';

/** Pure. */
export function fishScript({ commands, globals }: CompletionModel): string {
  return `# Completion of catnap for fish: catnap completion fish | source
function __catnap_place
    # How many arguments the command has already; no output before there is a command.
    set -l words (commandline -opc)[2..]
    set -l place -1
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $word
            contains -- $word $argv; and set skip 1
        else
            set place (math $place + 1)
        end
    end
    echo $place
end
function __catnap_names
    set -l words (commandline -opc)
    $words[1] __complete $argv[1] -- $words[2..] 2>/dev/null
end
complete -c catnap -f
${globals.map((option) => optionLine(noCommandYet(globals), option)).join('\n')}
${commands.flatMap((command) => linesOf(command, globals)).join('\n')}
`;
}

/** Fish's own test for that takes an option's value for a command. */
function noCommandYet(globals: readonly CompletedOption[]): string {
  return `test (__catnap_place ${valuedFlags(globals).join(' ')}) = -1`;
}

function linesOf(command: CompletedCommand, globals: readonly CompletedOption[]): string[] {
  const names = [command.name, ...command.aliases];
  const during = `__fish_seen_subcommand_from ${names.join(' ')}`;
  const valued = valuedFlags(command.options);
  const offered = names.map(
    (name) => `complete -c catnap -n ${quoted(noCommandYet(globals))} -a ${name} -d ${quoted(command.description)}`,
  );
  const places = command.arguments.flatMap((value, place) => {
    const condition = `${during}; and test (__catnap_place ${valued.join(' ')}) ${command.repeats && command.arguments.length === 1 ? '-ge' : '='} ${place}`;
    return value === 'unknown' ? [] : [`complete -c catnap -n ${quoted(condition)} ${offer(value)}`];
  });
  return [...offered, ...command.options.map((option) => optionLine(during, option)), ...places];
}

function optionLine(during: string, { short, long, description, value }: CompletedOption): string {
  const flags = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
  const values =
    value === undefined ? '' : value === 'unknown' ? ' -x' : ` ${value === 'files' ? '-r' : '-x'} ${offer(value)}`;
  return `complete -c catnap -n ${quoted(during)}${flags}${values} -d ${quoted(description)}`;
}

const OFFERS: Readonly<Record<string, string>> = {
  files: '-F',
  folders: "-a '(__fish_complete_directories)'",
  functions: "-a '(__catnap_names functions)'",
  triggers: "-a '(__catnap_names triggers)'",
};

function offer(value: Exclude<Candidates, 'unknown'>): string {
  return typeof value === 'string' ? (OFFERS[value] ?? '') : `-a ${quoted(value.words.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
