import { stripVTControlCharacters } from 'node:util';

/** What of the compiler's lines is shown: mistakes, and that there are none any more. */
export function typeLines(): (line: string) => string | undefined {
  let hadMistakes = false;
  return (given) => {
    const line = stripVTControlCharacters(given).replace(/^(?:\[?[\d:]+ ?(?:[AP]M)?\]?) - /, '');
    const found = /^Found (\d+) errors?\./.exec(line)?.[1];
    if (found !== undefined) {
      const isMended = hadMistakes && found === '0';
      hadMistakes = found !== '0';
      return isMended ? 'no mistakes any more' : undefined;
    }
    if (line.trim() === '' || /^(Starting (incremental )?compilation|File change detected)/.test(line))
      return undefined;
    return line;
  };
}
