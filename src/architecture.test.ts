/**
 * The house keeps the shape that docs/architecture.md draws: a room imports only from rooms below it, only the command
 * line touches the terminal and the process's end, and no file grows out of hand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('.', import.meta.url));
const MAP = readFileSync(join(SOURCE, '../docs/architecture.md'), 'utf8');
const MAX_LINES = 500;
/** What belongs to the command line alone: the terminal, the arguments, and the end of the process. */
const TERMINAL = new Set(
  ['stdin', 'stdout', 'stderr', 'argv', 'exit', 'exitCode', 'abort'].map((name) => `process.${name}`),
);

interface SourceFile {
  /** Path below src/. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
}

const rooms = drawnRooms();
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && path !== 'architecture.test.ts')
  .map((path): SourceFile => ({ path, room: roomOf(path), text: readFileSync(join(SOURCE, path), 'utf8') }));
const programFiles = files.filter((file) => !file.path.endsWith('.test.ts'));
const builtRooms = [...new Set(programFiles.map((file) => file.room))].toSorted();

describe('every file', () => {
  test('imports only from its own room and from rooms below', () => {
    const upward = files.flatMap((file) =>
      importedRooms(file)
        .filter((room) => room !== file.room && !roomsBelow(file.room).has(room))
        .map((room) => `${file.path} → ${room}`),
    );
    expect(upward).toEqual([]);
  });

  test('outside cli/ leaves the terminal, the arguments and the exit status alone', () => {
    expect(programFiles.filter((file) => file.room !== 'cli').flatMap(terminalUses)).toEqual([]);
  });

  test(`has at most ${MAX_LINES} lines`, () => {
    const long = programFiles.filter((file) => file.text.split('\n').length > MAX_LINES);
    expect(long.map((file) => file.path)).toEqual([]);
  });
});

describe('the map', () => {
  test('draws every room and no other', () => {
    expect([...rooms.keys()].toSorted()).toEqual(builtRooms);
  });

  test('says of every room what it knows', () => {
    const table = MAP.slice(MAP.indexOf('| room |'), MAP.indexOf('## Around the house'));
    const rows = [...table.matchAll(/^\| `(\w+)(?:\/|\.ts)` \|/gm)].map((row) => row[1] ?? '');
    expect(rows.toSorted()).toEqual(builtRooms);
  });

  test('has no way round', () => {
    expect([...rooms.keys()].filter((room) => roomsBelow(room).has(room))).toEqual([]);
  });
});

/** The arrows of the drawing (`plan --> oci & dockerfile`): each room with the rooms directly below it. */
function drawnRooms(): ReadonlyMap<string, readonly string[]> {
  const drawing = /```mermaid\nflowchart BT\n(.*?)```/s.exec(MAP)?.[1] ?? '';
  const drawn = new Map<string, readonly string[]>();
  for (const arrow of drawing.trim().split('\n')) {
    const [from, to] = arrow.trim().split(' --> ');
    const below = to?.split(' & ') ?? [];
    for (const room of below) drawn.set(room, drawn.get(room) ?? []);
    drawn.set(from ?? '', below);
  }
  return drawn;
}

/** `codec/tar/read.ts` is in the room `codec`; `errors.ts` is a room of one file. */
function roomOf(path: string): string {
  return path.split(/[/.]/, 1)[0] ?? '';
}

/** Type imports count too: a name that points up is knowledge that runs up. */
function importedRooms(file: SourceFile): readonly string[] {
  return (
    ts
      .preProcessFile(file.text, true, true)
      .importedFiles.map((imported) => imported.fileName)
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(SOURCE, join(SOURCE, dirname(file.path), name)))
      // Helpers of tests are no room.
      .filter((path) => !(file.path.endsWith('.test.ts') && path.startsWith('../test/')))
      .map(roomOf)
  );
}

function roomsBelow(room: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  for (const below of rooms.get(room) ?? []) {
    if (seen.has(below)) continue;
    seen.add(below);
    roomsBelow(below, seen);
  }
  return seen;
}

/** What may be a use of the terminal: only files with that are worth parsing, which takes the longest here. */
const MAY_USE_TERMINAL = /\b(?:console|process)\s*\??\.\s*[a-z]/i;

/** Every `process.stdout` and the like, and every `console.…`, in the code proper: comments and texts may name them. */
function terminalUses(file: SourceFile): readonly string[] {
  const uses: string[] = [];
  if (!MAY_USE_TERMINAL.test(file.text)) return uses;
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const use = `${node.expression.text}.${node.name.text}`;
      if (node.expression.text === 'console' || TERMINAL.has(use)) uses.push(`${file.path}: ${use}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest));
  return uses;
}
