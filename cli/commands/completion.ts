import type { CommandContext } from '../command-line/command-context.ts';
import { bashScript } from '../completion/bash-script.ts';
import type { CompletionModel } from '../completion/completion-model.ts';
import { fishScript } from '../completion/fish-script.ts';
import type { Shell } from '../completion/shells.ts';
import { zshScript } from '../completion/zsh-script.ts';

const SCRIPTS: Readonly<Record<Shell, (model: CompletionModel) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** `catnap completion`. */
export async function completion({ output }: CommandContext, shell: Shell, model: CompletionModel): Promise<void> {
  const script = SCRIPTS[shell](model);
  output.result({ shell, script }, () => script.trimEnd());
}
