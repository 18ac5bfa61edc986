import assert from 'node:assert/strict';
import test from 'node:test';

import { languageOf, readTags, toSentCells, toSentNotebook } from '../document/cells.js';
import { type Clock, Freshest } from '../document/freshest.js';
import { spliceFor } from '../document/splice.js';
import { spanOf } from '../lint/spans.js';
import type { Diagnostic } from '../wire/contract.js';

const SPLICES: readonly (readonly [string, string])[] = [
  ['abc', 'abc'],
  ['', 'abc'],
  ['abc', ''],
  ['aaa', 'aaaa'],
  ['x = feats', 'x = fetas'],
  ['one\ntwo', 'one\nand\ntwo']
];

for (const [before, after] of SPLICES) {
  test(`the splice makes ${JSON.stringify(after)} of ${JSON.stringify(before)}`, () => {
    const { start, end, text } = spliceFor(before, after);
    assert.equal(before.slice(0, start) + text + before.slice(end), after);
  });
}

test('a splice leaves alone what is the same', () => {
  assert.deepEqual(spliceFor('fetas = 1', 'feats = 1'), { start: 2, end: 4, text: 'at' });
});

test('tags are texts, whatever a notebook holds', () => {
  assert.deepEqual([readTags(['a', 1, null]), readTags('a'), readTags(undefined)], [['a'], [], []]);
});

test('of metadata only what is ours is sent', () => {
  const metadata: Record<string, unknown> = { mlops_nb: { stage: 'a' }, tags: ['x'], secret: 1 };
  const cell = {
    id: 'c',
    type: 'code',
    sharedModel: { getSource: () => 'x = 1' },
    getMetadata: (key: string) => metadata[key]
  };
  assert.deepEqual(toSentCells([cell]), [
    {
      id: 'c',
      cell_type: 'code',
      source: 'x = 1',
      tags: ['x'],
      metadata: { mlops_nb: { stage: 'a' } }
    }
  ]);
});

test('of the notebook only its kernel and our settings are sent', () => {
  const metadata: Record<string, unknown> = {
    kernelspec: { name: 'ir', language: 'R' },
    widgets: { state: {} },
    mlops_nb: { cache: 'all' }
  };
  const sent = toSentNotebook({ cells: [], getMetadata: key => metadata[key] });
  const { widgets: _, ...kept } = metadata;
  assert.deepEqual(sent, { cells: [], metadata: kept });
  assert.equal(languageOf(sent.metadata), 'r');
  assert.equal(languageOf({ language_info: { name: 'python' } }), 'python');
  assert.equal(languageOf({ kernelspec: 'broken' }), '');
});

/** Time that passes when the test says so. */
class StoppedClock implements Clock {
  private waiting = new Map<number, () => void>();
  private count = 0;

  setTimeout(act: () => void): number {
    this.count += 1;
    this.waiting.set(this.count, act);
    return this.count;
  }

  clearTimeout(id: number): void {
    this.waiting.delete(id);
  }

  async pass(): Promise<void> {
    const due = [...this.waiting.values()];
    this.waiting.clear();
    due.forEach(act => act());
    await new Promise(resolve => setImmediate(resolve));
  }
}

/** A server that answers when the test says so. */
function talk() {
  const clock = new StoppedClock();
  const asked: string[] = [];
  const told: string[] = [];
  const failed: unknown[] = [];
  const open: { answer(text: string): void; refuse(error: Error): void }[] = [];
  const freshest = new Freshest<string, string>(
    {
      ask: question => {
        asked.push(question);
        return new Promise((answer, refuse) => open.push({ answer, refuse }));
      },
      tell: answer => void told.push(answer),
      fail: error => void failed.push(error)
    },
    40,
    clock
  );
  const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
  return { clock, asked, told, failed, open, freshest, settle };
}

test('of questions in quick succession the last is asked', async () => {
  const { clock, asked, freshest } = talk();
  freshest.request('a');
  freshest.request('b');
  await clock.pass();
  assert.deepEqual(asked, ['b']);
});

test('one question is on its way at a time, and an answer that was overtaken is dropped', async () => {
  const { clock, asked, told, open, freshest, settle } = talk();
  freshest.request('a');
  await clock.pass();
  freshest.request('b');
  await clock.pass();
  assert.deepEqual(asked, ['a']);
  open[0]?.answer('on a');
  await settle();
  assert.deepEqual([asked, told], [['a', 'b'], []]);
  open[1]?.answer('on b');
  await settle();
  assert.deepEqual(told, ['on b']);
});

test('after a refusal the next question is asked', async () => {
  const { clock, asked, told, failed, open, freshest, settle } = talk();
  freshest.request('a');
  await clock.pass();
  open[0]?.refuse(new Error('no'));
  await settle();
  freshest.request('b');
  await clock.pass();
  open[1]?.answer('on b');
  await settle();
  assert.deepEqual([asked, told, failed.length], [['a', 'b'], ['on b'], 1]);
});

test('who is closed asks and tells nothing', async () => {
  const { clock, asked, told, open, freshest, settle } = talk();
  freshest.request('a');
  await clock.pass();
  freshest.close();
  open[0]?.answer('on a');
  freshest.request('b');
  await clock.pass();
  await settle();
  assert.deepEqual([asked, told], [['a'], []]);
});

const at = (line: number, column: number, end_line: number, end_column: number): Diagnostic =>
  ({ line, column, end_line, end_column }) as unknown as Diagnostic;

const SPANS: readonly (readonly [Diagnostic, string])[] = [
  [at(2, 4, 2, 9), 'feats'],
  [at(0, 0, 0, 0), 'raw = 1'],
  [at(9, 0, 9, 5), 'raw = 1'],
  [at(1, 6, 2, 1), '1\nx'],
  [at(2, 4, 2, 99), 'feats'],
  [at(2, 99, 2, 3), '']
];

for (const [finding, text] of SPANS) {
  const { line, column } = finding;
  test(`a finding at line ${line}, column ${column} stands under ${JSON.stringify(text)}`, () => {
    const source = 'raw = 1\nx = feats';
    const { from, to } = spanOf(finding, source);
    assert.equal(source.slice(from, to), text);
  });
}
