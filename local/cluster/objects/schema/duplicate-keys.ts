/**
 * Paths of keys that an object of a JSON text has twice: `metadata.labels.a`, `spec.containers[0].name`. JSON.parse keeps
 * the last one and says nothing.
 * @param text known to be JSON
 */
export function duplicateKeys(text: string): string[] {
  const scan = new Scan(text);
  scan.value('');
  return scan.duplicates;
}

const SPACE = new Set([' ', '\t', '\n', '\r']);

class Scan {
  readonly duplicates: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(path: string): void {
    const first = this.#peek();
    if (first === '{') this.#object(path);
    else if (first === '[') this.#array(path);
    else if (first === '"') this.#string();
    else this.#literal();
  }

  #object(path: string): void {
    const seen = new Set<string>();
    this.#at++;
    while (this.#peek() !== '}') {
      const key = JSON.parse(this.#string()) as string;
      const keyPath = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) this.duplicates.push(keyPath);
      seen.add(key);
      this.#peek();
      this.#at++; // the colon
      this.value(keyPath);
      if (this.#peek() === ',') this.#at++;
    }
    this.#at++;
  }

  #array(path: string): void {
    this.#at++;
    for (let index = 0; this.#peek() !== ']'; index++) {
      this.value(`${path}[${index}]`);
      if (this.#peek() === ',') this.#at++;
    }
    this.#at++;
  }

  /** The string at hand with its quotes. */
  #string(): string {
    this.#peek();
    const start = this.#at;
    do {
      this.#at = this.#text.indexOf('"', this.#at + 1);
    } while (this.#isEscaped());
    this.#at++;
    return this.#text.slice(start, this.#at);
  }
  #isEscaped(): boolean {
    let slashes = 0;
    while (this.#text[this.#at - 1 - slashes] === '\\') slashes++;
    return slashes % 2 === 1;
  }

  #literal(): void {
    while (this.#at < this.#text.length && !',]} \t\n\r'.includes(this.#text[this.#at] as string)) this.#at++;
  }

  #peek(): string | undefined {
    while (SPACE.has(this.#text[this.#at] ?? '')) this.#at++;
    return this.#text[this.#at];
  }
}
