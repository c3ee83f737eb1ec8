/** Splitting into words at white space (POSIX XCU 2.6.5), beside the text that is split. */

import { syntaxError } from './failure.ts';
import { isSpace } from './text.ts';

/** A bound on what a chain of `ENV a=$a$a` can grow to, in UTF-16 units. */
export const MAX_EXPANDED_LENGTH = 16 * 1024 * 1024;

/** The text and, beside it, the words it falls into. */
export class WordBuilder {
  private text = '';
  private word = '';
  private readonly words: string[] = [];

  /** Text that is part of the current word whatever it holds. */
  add(text: string): void {
    this.grow(text);
    this.word += text;
  }

  /** Text whose white space ends words. */
  addSplit(text: string): void {
    this.grow(text);
    let start = 0;
    for (let index = 0; index < text.length; index++) {
      if (!isSpace(text.charAt(index))) continue;
      this.word += text.slice(start, index);
      this.flush();
      start = index + 1;
    }
    this.word += text.slice(start);
  }

  finish(): { text: string; words: string[] } {
    this.flush();
    return { text: this.text, words: this.words };
  }

  private flush(): void {
    if (this.word !== '') this.words.push(this.word);
    this.word = '';
  }

  private grow(text: string): void {
    this.text += text;
    if (this.text.length > MAX_EXPANDED_LENGTH) {
      throw syntaxError(`the expansion is longer than ${MAX_EXPANDED_LENGTH} characters`);
    }
  }
}
