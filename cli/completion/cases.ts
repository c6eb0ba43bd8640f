import type { Candidates, CompletedCommand, CompletedOption, CompletionModel } from './completion-model.ts';

/** What may stand where. */
export interface Case {
  /** `<command> <option>` and `<command> <place of the argument>`, in all spellings. */
  keys: readonly string[];
  /** Each key is the beginning of those of all places. */
  everyPlace: boolean;
  value: Exclude<Candidates, 'unknown'>;
}

/** `-n --namespace`, without what there is not. */
export function flagsOf({ short, long }: CompletedOption): string[] {
  return short === undefined ? [long] : [short, long];
}

/** The flags that the next word belongs to. */
export function valuedFlags(options: readonly CompletedOption[]): string[] {
  return options.filter(({ value }) => value !== undefined).flatMap(flagsOf);
}

/** The command's names, as a pattern of `case`. */
export function patternOf({ name, aliases }: CompletedCommand): string {
  return [name, ...aliases].join('|');
}

/** Of the options' values and the arguments of which something is known; before a command is named, of the options of all. */
export function casesOf({ commands, globals }: CompletionModel): Case[] {
  const before = { name: '', aliases: [], options: globals, arguments: [], repeats: false };
  return [before, ...commands].flatMap(casesOfCommand);
}

function casesOfCommand(command: Omit<CompletedCommand, 'description'>): Case[] {
  const { name, aliases, options, arguments: places, repeats } = command;
  const cases = (seconds: readonly string[], value: Candidates | undefined, everyPlace = false): Case[] => {
    if (value === undefined || value === 'unknown') return [];
    return [
      { keys: [name, ...aliases].flatMap((word) => seconds.map((each) => `${word} ${each}`)), everyPlace, value },
    ];
  };
  return [
    ...options.flatMap((option) => cases(flagsOf(option), option.value)),
    ...places.flatMap((value, place) => {
      const isEvery = repeats && place === 0 && places.length === 1;
      return cases([isEvery ? '' : String(place)], value, isEvery);
    }),
  ];
}

/** As patterns of `case`, each quoted by the shell's own rules. */
export function patternsOf({ keys, everyPlace }: Case, quoted: (text: string) => string): string[] {
  return keys.map((key) => quoted(key) + (everyPlace ? '[0-9]*' : ''));
}
