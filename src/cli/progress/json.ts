/**
 * Progress for programs: one event a line, as JSON with stable keys (docs/progress.md). Output comes in whole
 * lines, so that a reader never has to join pieces and no credential hides in the gap between two of them.
 */
import type { Event } from '../../events.ts';
import { escapeControls } from '../../report/text/json.ts';
import { redact } from '../../report/text/redact.ts';

interface Held {
  readonly id: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

// Output without a line feed is held back no longer than this.
const LONGEST_HELD = 65_536;

/** A function from an event to lines of JSON, and one for what is held back at the end. */
export function createJsonLines(): {
  lines(event: Event): readonly string[];
  end(time: number): readonly string[];
} {
  const held = new Map<string, Held>();
  let origin: number | undefined;

  const line = (event: Event): string => {
    origin ??= event.time;
    return encode({ ...event, time: Math.round(event.time - origin) });
  };
  const release = (time: number, id?: string): string[] => {
    const lines: string[] = [];
    for (const [key, held_] of held) {
      if (id !== undefined && held_.id !== id) continue;
      held.delete(key);
      lines.push(line({ type: 'step.output', time, ...held_ }));
    }
    return lines;
  };

  return {
    lines(event) {
      if (event.type !== 'step.output') {
        const isEnd =
          event.type === 'step.done' || event.type === 'step.failed' || event.type === 'step.canceled';
        return [...(isEnd ? release(event.time, event.id) : []), line(event)];
      }
      const key = `${event.stream} ${event.id}`;
      const text = (held.get(key)?.text ?? '') + event.text;
      const cut = text.length > LONGEST_HELD ? text.length : text.lastIndexOf('\n') + 1;
      held.delete(key);
      if (cut < text.length) held.set(key, { id: event.id, stream: event.stream, text: text.slice(cut) });
      return cut === 0 ? [] : [line({ ...event, text: text.slice(0, cut) })];
    },
    end: (time) => release(time),
  };
}

function encode(event: Event): string {
  const text = JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'string' ? redact(value) : value,
  );
  return escapeControls(text);
}
