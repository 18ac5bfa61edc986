import assert from 'node:assert/strict';
import test from 'node:test';

import { announcement } from '../graph/announcing.js';
import { MOST_OWN, endsPath, lanePath, laneStep, toLanes } from '../graph/lanes.js';
import { type Steer, steerRows } from '../graph/steering.js';
import { scrollTo, toChoice, viewFor } from '../graph/views.js';
import { startOf } from '../panel/starts.js';
import type { Diagnostic, LiveStage, LiveStatus } from '../wire/contract.js';

/** Lines as "ab": from a to b. */
const lines = (...words: string[]) => words.map(word => ({ from: word[0] ?? '', to: word[1] ?? '' }));
const drawn = (names: string, ...words: string[]) => {
  const { lanes, edges, count } = toLanes([...names], lines(...words));
  return [lanes.join(''), edges.map(({ from, to }) => `${names[from]}${names[to]}`).join(' '), count];
};

const DRAWINGS: readonly (readonly [string, readonly unknown[], readonly unknown[]])[] = [
  ['a chain is one lane', drawn('abc', 'ab', 'bc'), ['000', 'ab bc', 1]],
  ['what a chain says already is not drawn', drawn('abc', 'ab', 'bc', 'ac'), ['000', 'ab bc', 1]],
  ['a diamond is two lanes', drawn('abcd', 'ab', 'ac', 'bd', 'cd'), ['0100', 'ab ac bd cd', 2]],
  ['a lane that is over is used again', drawn('abcd', 'ab', 'cd'), ['0000', 'ab cd', 1]],
  ['a stage beside a line has a lane of its own', drawn('abc', 'ac'), ['010', 'ac', 2]],
  ['stages without lines share a lane', drawn('abc'), ['000', '', 1]],
  ['nothing is no lane', drawn(''), ['', '', 0]],
  ['a line that points up is left out', drawn('ab', 'ba', 'aa', 'ax'), ['00', '', 1]]
];

for (const [title, found, expected] of DRAWINGS) {
  test(title, () => assert.deepEqual(found, expected));
}

test('a table that all of a hundred stages read in a row leaves one lane', () => {
  const names = Array.from({ length: 100 }, (_, n) => `s${n}`);
  const all = names.flatMap((to, n) => [
    { from: 's0', to },
    { from: `s${n - 1}`, to }
  ]);
  assert.equal(toLanes(names, all).count, 1);
});

test('a line never ends in a lane that another runs through', () => {
  // Every way to draw five stages with lines between them.
  const pairs = [...'abcde'].flatMap((from, n) => [...'abcde'].slice(n + 1).map(to => from + to));
  for (let mask = 0; mask < 1 << pairs.length; mask += 1) {
    const { lanes, edges } = toLanes([...'abcde'], lines(...pairs.filter((_, n) => mask & (1 << n))));
    for (const { from, to } of edges) {
      const isCrossed = lanes.some((lane, row) => row > from && row < to && lane === lanes[from]);
      assert.ok(!isCrossed, `${mask}: ${lanes.join('')}`);
    }
  }
});

test('lanes come closer before they take the room of names', () => {
  assert.deepEqual([laneStep(1, 300), laneStep(17, 250), laneStep(90, 300)], [14, 5, 4]);
});

test('a line runs down its lane and bends only in the last row', () => {
  const own = { from: 0, to: 2, isShared: false };
  assert.equal(lanePath(own, [0, 1, 0], 10), 'M9 13L9 39L9 65');
  assert.match(lanePath(own, [0, 1, 1], 10), /^M9 13L9 39C9 52 19 52 19 65$/);
  assert.match(lanePath({ ...own, to: 1 }, [0, 1], 10), /^M9 13C/);
});

test('a line in the shared lane goes over to it, down it, and back', () => {
  const edge = { from: 0, to: 3, isShared: true };
  const [over, back] = ['C29 26 9 26 9 39', 'C9 78 19 78 19 91'];
  assert.equal(lanePath(edge, [2, 1, 1, 1], 10), `M29 13${over}L9 65${back}`);
  assert.equal(endsPath(edge, [2, 1, 1, 1], 10), `M29 13${over}M9 65${back}`);
});

test('however stages depend on each other there are few lanes, and every line has its way', () => {
  const names = Array.from({ length: 100 }, (_, n) => `s${n}`);
  let seed = 1;
  const any = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let round = 0; round < 50; round += 1) {
    const all = names.slice(1).flatMap((to, n) => [
      { from: `s${any(n + 1)}`, to },
      { from: `s${any(n + 1)}`, to }
    ]);
    const { lanes, edges, count, shared } = toLanes(names, all);
    assert.ok(count <= MOST_OWN + 2, `${count} lanes`);
    assert.ok(lanes.every(lane => lane > 0 && lane < count));
    for (const { from, to, isShared } of edges) {
      const isCrossed = lanes.some((lane, row) => row > from && row < to && lane === lanes[from]);
      const isHeld = shared.some(([top, bottom]) => top <= from && to <= bottom);
      assert.ok(isShared ? isHeld : !isCrossed || to - from === 1, `${from} ${to}`);
    }
  }
});

test('lines that fit side by side share nothing', () => {
  const fan = (count: number) => {
    const names = [...'abcdefghijklmnopqrst'.slice(0, 2 * count)];
    const down = names.slice(0, count).map((from, n) => `${from}${names[2 * count - 1 - n]}`);
    return toLanes(names, lines(...down));
  };
  assert.deepEqual(fan(MOST_OWN).shared, []);
  assert.deepEqual(fan(MOST_OWN + 1).shared, [[0, 13]]);
});

const ROWS: readonly (readonly [string, Steer, string | null])[] = [
  ['a', 'ArrowDown', 'b'],
  ['c', 'ArrowUp', 'b'],
  ['d', 'ArrowLeft', 'c'],
  ['a', 'ArrowRight', 'c'],
  ['b', 'ArrowLeft', null],
  ['d', 'ArrowRight', null],
  ['d', 'ArrowDown', null],
  ['a', 'ArrowUp', null],
  ['b', 'End', 'd'],
  ['c', 'Home', 'a'],
  ['gone', 'ArrowDown', 'a']
];

for (const [from, key, to] of ROWS) {
  test(`in rows ${key} leads from ${from} to ${to ?? 'nowhere'}`, () => {
    assert.equal(steerRows([...'abcd'], lines('ac', 'ad', 'cd'), from, key), to);
  });
}

test('boxes are drawn where they fit and stay legible, unless somebody chose', () => {
  const small = { width: 300, layers: 3 };
  assert.deepEqual(
    [
      viewFor('auto', small, 300),
      viewFor('auto', small, 260),
      viewFor('auto', small, 250),
      viewFor('auto', { width: 200, layers: 100 }, 300),
      viewFor('boxes', small, 100),
      viewFor('rows', small, 900)
    ],
    ['boxes', 'boxes', 'rows', 'rows', 'boxes', 'rows']
  );
  assert.deepEqual(['rows', 'boxes', 'x', null].map(toChoice), ['rows', 'boxes', 'auto', 'auto']);
});

test('scrolling moves as little as it can', () => {
  const places: readonly (readonly [number, number])[] = [
    [120, 140],
    [50, 70],
    [390, 420],
    [200, 600],
    [-5, 10]
  ];
  assert.deepEqual(
    places.map(([start, end]) => scrollTo(100, 200, start, end)),
    [100, 50, 220, 200, 0]
  );
});

const states = (words: Readonly<Record<string, LiveStatus>>): ReadonlyMap<string, LiveStage> =>
  new Map(Object.entries(words).map(([name, status]) => [name, { name, status } as LiveStage]));

test('a few stages that changed are said by name, many by number, others not at all', () => {
  const before = states({ a: 'fresh', b: 'fresh', c: 'never', d: 'fresh' });
  const said = (words: Readonly<Record<string, LiveStatus>>): string =>
    announcement(before, states(words));
  assert.equal(said({ a: 'stale', b: 'fresh', new: 'never' }), 'a is stale.');
  assert.equal(said({ a: 'fresh' }), '');
  assert.equal(
    said({ a: 'stale', b: 'undecided', c: 'failed', d: 'undecided' }),
    '4 stages changed: 1 failed, 1 stale, 2 undecided.'
  );
});

const broken = { cell: -1, severity: 'error' } as unknown as Diagnostic;
const cell = {} as never;

test('a notebook without stages is told apart by what could become one', () => {
  assert.equal(startOf({ cells: [cell], diagnostics: [broken] }, 'python'), 'untagged');
  assert.equal(startOf({ cells: [cell], diagnostics: [] }, ''), 'untagged');
  assert.equal(startOf({ cells: [cell], diagnostics: [] }, 'r'), 'foreign');
  assert.equal(startOf({ cells: [], diagnostics: [] }, 'python'), 'empty');
  assert.equal(startOf({ cells: [], diagnostics: [broken] }, ''), 'unreadable');
});
