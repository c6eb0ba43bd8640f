import { type Argument, Command, type Option } from 'commander';
import { withGlobalOptions } from '../command-line/global-options.ts';

/** What may stand somewhere: words that are known, names of functions or triggers, files, or what no script can know. */
export type Candidates = { words: readonly string[] } | 'functions' | 'triggers' | 'files' | 'folders' | 'unknown';

export interface CompletedOption {
  /** `-n`; absent: there is none. */
  short?: string;
  /** `--namespace`. */
  long: string;
  description: string;
  /** Absent: it takes no value. */
  value?: Candidates;
}

export interface CompletedCommand {
  name: string;
  aliases: readonly string[];
  description: string;
  options: readonly CompletedOption[];
  /** By place; the last of them may be given again where `repeats`. */
  arguments: readonly Candidates[];
  repeats: boolean;
}

export interface CompletionModel {
  commands: readonly CompletedCommand[];
  /** Those that may stand before the command. */
  globals: readonly CompletedOption[];
}

/** What names of arguments and of options' values stand for; others are unknown. */
const MEANINGS: Readonly<Record<string, Candidates>> = {
  file: 'files',
  folder: 'folders',
  function: 'functions',
  trigger: 'triggers',
};

/** All commands that help shows, with what may follow them. Pure. */
export function completionModel(root: Command): CompletionModel {
  return {
    commands: root.createHelp().visibleCommands(root).map(ofCommand),
    globals: [...withGlobalOptions(new Command()).options, ...root.createHelp().visibleOptions(root)].map(completed),
  };
}

function ofCommand(command: Command): CompletedCommand {
  return {
    name: command.name(),
    aliases: command.aliases(),
    description: command.description(),
    options: command.createHelp().visibleOptions(command).map(completed),
    arguments: command.registeredArguments.map(ofArgument),
    repeats: command.registeredArguments.at(-1)?.variadic ?? false,
  };
}

function completed(option: Option): CompletedOption {
  const { short, long = '', description } = option;
  return { ...(short != null && { short }), long, description, ...(takesValue(option) && { value: ofOption(option) }) };
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function ofOption({ argChoices, flags }: Option): Candidates {
  if (argChoices !== undefined) return { words: argChoices };
  return MEANINGS[/[<[]([\w-]+)/.exec(flags)?.[1] ?? ''] ?? 'unknown';
}

function ofArgument(argument: Argument): Candidates {
  return argument.argChoices === undefined ? (MEANINGS[argument.name()] ?? 'unknown') : { words: argument.argChoices };
}
