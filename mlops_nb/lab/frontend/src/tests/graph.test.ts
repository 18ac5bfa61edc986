import assert from 'node:assert/strict';
import test from 'node:test';

import { placeCard } from '../graph/card_place.js';
import { fitted, fittedParts } from '../graph/fitting.js';
import { BOX, boxOf, pathOf, sizeOf } from '../graph/geometry.js';
import { findingsByStage, gravest, spoken, underline } from '../graph/labels.js';
import { type Steer, isSteer, steer } from '../graph/steering.js';
import { anchored, fit, step, wheel } from '../graph/zoom.js';
import type { Diagnostic, LiveStage, PlacedStage, StageAnswer } from '../wire/contract.js';

const place = (name: string, x: number, y: number): PlacedStage => ({ name, x, y, layer: y });

/** A diamond: a above b and c, both above d; e stands alone beside d. */
const DIAMOND = [
  place('a', 0.5, 0),
  place('b', 0, 1),
  place('c', 1, 1),
  place('d', 0.4, 2),
  place('e', 3, 2)
];

const STEPS: readonly (readonly [string, Steer, string | null])[] = [
  ['a', 'ArrowDown', 'b'],
  ['b', 'ArrowRight', 'c'],
  ['c', 'ArrowDown', 'd'],
  ['d', 'ArrowUp', 'b'],
  ['d', 'ArrowRight', 'e'],
  ['e', 'ArrowRight', null],
  ['e', 'ArrowDown', null],
  ['a', 'ArrowUp', null],
  ['a', 'ArrowLeft', null],
  ['d', 'Home', 'a'],
  ['a', 'End', 'e'],
  ['gone', 'ArrowDown', 'a']
];

for (const [from, key, to] of STEPS) {
  test(`${key} leads from ${from} to ${to ?? 'nowhere'}`, () => {
    assert.equal(steer(DIAMOND, from, key), to);
  });
}

test('only arrows, Home and End steer', () => {
  assert.deepEqual(['ArrowUp', 'Home', 'Enter', 'a'].map(isSteer), [true, true, false, false]);
});

test('an empty graph leads nowhere', () => {
  assert.equal(steer([], 'a', 'ArrowDown'), null);
});

test('the drawing ends where its last column and row end', () => {
  const layout = { columns: 1, rows: 1, nodes: [place('a', 0, 0)], edges: [] };
  assert.deepEqual(sizeOf(layout), BOX);
  assert.deepEqual(sizeOf({ columns: 0, rows: 0, nodes: [], edges: [] }), BOX);
});

test('a line leaves a box at its bottom and enters the next at its top', () => {
  const edge = { from: 'a', to: 'b', names: [], points: [[0, 0] as const, [0, 1] as const] };
  const top = boxOf(place('b', 0, 1)).top;
  assert.match(pathOf(edge), new RegExp(`^M${BOX.width / 2} ${BOX.height}C`));
  assert.ok(pathOf(edge).endsWith(` ${BOX.width / 2} ${top}`));
});

test('a line runs straight through a row that it only passes', () => {
  const points = [[0, 0] as const, [1, 1] as const, [0, 2] as const];
  assert.equal(pathOf({ from: 'a', to: 'd', names: [], points }).split('L').length, 2);
});

test('a graph is fitted to the room, and stays legible', () => {
  assert.deepEqual([fit(200, 400), fit(400, 300), fit(4000, 300), fit(0, 0)], [1, 0.75, 0.55, 1]);
});

test('zooming has bounds', () => {
  let [large, small] = [1, 1];
  for (let count = 0; count < 20; count += 1) {
    [large, small] = [step(large, 1), step(small, -1)];
  }
  assert.deepEqual([large, small], [2, 0.25]);
  assert.ok(wheel(1, -50) > 1 && wheel(1, 50) < 1);
});

test('what is under the pointer stays under it', () => {
  assert.equal(anchored(100, 50, 1, 2), 250);
});

const stage = (name: string, cells: number[]): StageAnswer =>
  ({ name, cells, inputs: ['X'], outputs: ['clf'], upstream: ['load'] }) as unknown as StageAnswer;

const finding = (cell: number, severity: Diagnostic['severity']): Diagnostic =>
  ({ cell, severity }) as unknown as Diagnostic;

const STATE: LiveStage = {
  name: 'train',
  status: 'stale',
  reasons: ["'params.yaml' changed."],
  seconds: 3,
  metrics: { accuracy: 0.97123 },
  inputs: {},
  outputs: {}
};

test('a box tells status, time and metrics', () => {
  assert.deepEqual(underline(STATE), ['stale', '3.0 s', 'accuracy 0.9712']);
  assert.deepEqual(underline({ ...STATE, status: 'running', metrics: {} }), ['running']);
});

test('a screen reader tells all that is known of a stage', () => {
  assert.equal(
    spoken(stage('train', [3]), STATE, [finding(3, 'error')]),
    "Stage train, stale. 'params.yaml' changed. after load. reads X. makes clf. took 3.0 s. " +
      'accuracy is 0.9712. 1 finding.'
  );
});

test('findings go to the stage of their cell, others to none', () => {
  const found = findingsByStage({
    diagnostics: [finding(3, 'info'), finding(9, 'error'), finding(-1, 'error'), finding(4, 'error')],
    stages: [stage('train', [3, 4])]
  });
  assert.deepEqual([found.get('train')?.length, found.get('')?.length], [2, 2]);
  assert.equal(gravest(found.get('train') ?? []), 'error');
  assert.equal(gravest([]), null);
});

const SEEN = { left: 100, top: 50, width: 250, height: 300 };
const CARD = { width: 200, height: 80 };

test('a card stands below its box, within what is seen', () => {
  const box = { left: 300, top: 60, width: 100, height: 40 };
  assert.deepEqual(placeCard(box, CARD, SEEN), { left: 144, top: 106 });
});

test('a card that has no room below its box stands above it', () => {
  const box = { left: 20, top: 300, width: 100, height: 40 };
  assert.deepEqual(placeCard(box, CARD, SEEN), { left: 106, top: 214 });
});

test('a text is cut to as much as its font leaves room for', () => {
  const width = (text: string): number =>
    Array.from(text).reduce((sum, letter) => sum + (letter === 'W' ? 12 : 4), 0);
  assert.equal(fitted('illi', 16, width), 'illi');
  assert.equal(fitted('WWWW', 32, width), 'WW…');
  assert.equal(fitted('\u{1F600}illi', 12, width), '\u{1F600}i…');
  assert.equal(fitted('W', 4, width), '…');
});

test('of a stage that nobody spoke of a box has no words', () => {
  const untold = { status: 'undecided', isUntold: true, seconds: null, metrics: {} };
  assert.deepEqual(underline(untold as unknown as LiveStage), []);
});

test('a part of a line that does not fit is left out whole', () => {
  const parts = ['stale', '3.0 s', 'accuracy 0.9712'];
  const width = (text: string): number => text.length;
  assert.equal(fittedParts(parts, 40, width), 'stale · 3.0 s · accuracy 0.9712');
  assert.equal(fittedParts(parts, 30, width), 'stale · 3.0 s');
  assert.equal(fittedParts(parts, 4, width), 'sta…');
  assert.equal(fittedParts([], 4, width), '');
});
