import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import {
  progressLine,
  progressShare,
  recordedWord,
  runLine,
  signOf,
  signOfJob,
  signOfRun,
  wasStopped
} from '../jobs/job_words.js';
import { type KernelView, needsRun, stageStates, tally } from '../live/statuses.js';
import { errorOf, stopLine } from '../live/stop.js';
import {
  historyLine,
  movedLine,
  noteLine,
  obstacleLine,
  promoteQuestion,
  rollbackQuestion,
  undoTarget,
  verdict
} from '../models/promotion_words.js';
import { ago, cellsNamed, counted, cut, duration, listed, number, withoutColours } from '../text.js';
import type { LiveStage, StageAnswer } from '../wire/contract.js';
import { ServerRefusal, readFault, toFault, versionFault } from '../wire/fault.js';
import type { HistoryEvent, Moved, PromotionPlan } from '../wire/models.js';
import { type Job, type Run, notOnRecord } from '../wire/past.js';
import { VERSION } from '../wire/version.js';

const DURATIONS: readonly (readonly [number, string])[] = [
  [0, '0 s'],
  [0.012, '12 ms'],
  [0.34, '0.3 s'],
  [2.25, '2.3 s'],
  [59.4, '59 s'],
  [65, '1 min 5 s'],
  [120, '2 min'],
  [7800, '2 h 10 min']
];

for (const [seconds, text] of DURATIONS) {
  test(`${seconds} seconds are ${text}`, () => assert.equal(duration(seconds), text));
}

const NUMBERS: readonly (readonly [number, string])[] = [
  [0, '0'],
  [0.97123, '0.9712'],
  [12345, '12,345'],
  [0.5, '0.5'],
  [0.00001234, '1.23e-5'],
  [Number.NaN, 'NaN'],
  [-2.5, '-2.5']
];

for (const [value, text] of NUMBERS) {
  test(`${value} is written ${text}`, () => assert.equal(number(value), text));
}

test('moments are told by how long ago they were, old ones by their date', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const moments = ['2026-11-22T11:59:50Z', '2026-11-22T11:58:00Z', '2026-11-21T12:00:00Z'];
  assert.deepEqual(
    [...moments, '2026-10-01T00:00:00Z', 'never'].map(moment => ago(moment, now)),
    ['just now', '2 min ago', '1 d ago', '2026-10-01', '']
  );
});

test('counts, lists and long names fit into a line', () => {
  assert.deepEqual([counted(1, 'stage'), counted(2, 'stage')], ['1 stage', '2 stages']);
  assert.equal(listed(['a', 'b', 'c'], 2), 'a, b and 1 more');
  assert.deepEqual([cut('abc', 3), cut('abcd', 3)], ['abc', 'ab…']);
});

test('a log is shown without the colours of a terminal', () => {
  assert.equal(withoutColours('\u001b[1;31mValueError\u001b[0m: [31m'), 'ValueError: [31m');
});

test('a refusal keeps code, place, fault and remedy', () => {
  const body = { code: 'MNB881', message: 'is missing.', place: 'cells', remedy: 'Send them.' };
  assert.deepEqual(toFault(new ServerRefusal(readFault(422, body), 422)), body);
});

test('a server without mlops_nb is told by one sentence that says what to do', () => {
  for (const body of [null, { message: 'Not Found' }]) {
    assert.match(readFault(404, body).remedy, /pip install mlops-nb.*restart the server/);
  }
});

test('what a server says about a file that is not there is no missing extension', () => {
  assert.equal(readFault(404, { code: 'MNB101', message: 'no such file.' }).message, 'no such file.');
});

test('who is not let is not told of cookies, but what a rule of ours says', () => {
  for (const body of [null, { code: 'HTTP403', message: 'XSRF cookie does not match' }]) {
    assert.match(readFault(403, body).message, /does not let you/);
    assert.match(readFault(401, body).remedy, /log in again/);
  }
  assert.equal(readFault(403, { code: 'MNB882', message: 'outside.' }).message, 'outside.');
});

test('a page of a proxy is told by its status', () => {
  assert.equal(readFault(502, null).message, 'The server answered 502.');
});

test('a server that does not answer is told as such', () => {
  const error = Object.assign(new Error('failed to fetch'), { name: 'NetworkError' });
  assert.match(toFault(error).message, /does not answer/);
});

test('versions have to agree but for their last number', () => {
  assert.equal(versionFault('0.1.7', '0.1.0'), null);
  assert.match(versionFault('0.2.0', '0.1.0')?.remedy ?? '', /Restart .* reload/);
});

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  assert.equal(VERSION, version);
});

const STAGES = ['a', 'b'].map(name => ({ name, cell_ids: [name] })) as unknown as StageAnswer[];

const view = (stages: readonly Partial<LiveStage>[], silence = ''): KernelView => ({
  stages: new Map(stages.map(stage => [String(stage.name), stage as LiveStage])),
  cells: new Map(),
  silence
});

test('a stage that nobody spoke of is undecided, and says why', () => {
  const state = stageStates(STAGES, view([], 'No kernel.'), new Set()).get('a');
  assert.deepEqual([state?.status, state?.reasons], ['undecided', ['No kernel.']]);
});

test('what runs on the page is running, whatever the kernel said last', () => {
  const said = view([{ name: 'a', status: 'fresh', reasons: [] }]);
  const states = stageStates(STAGES, said, new Set(['a', 'b']));
  assert.deepEqual([...states.values()].map(({ status }) => status), ['running', 'waiting']);
});

test('stages are counted by status, what asks for attention first', () => {
  const said = view([
    { name: 'a', status: 'fresh', reasons: [] },
    { name: 'b', status: 'failed', reasons: [] }
  ]);
  assert.deepEqual(
    tally(stageStates(STAGES, said, new Set())).map(({ status, count }) => `${count} ${status}`),
    ['1 failed', '1 fresh']
  );
});

test('what is fresh, restored or running is left alone', () => {
  const statuses = ['fresh', 'restored', 'waiting', 'stale', 'never', 'failed', 'undecided'] as const;
  assert.deepEqual(statuses.map(needsRun), [false, false, false, true, true, true, true]);
});

function job(status: string, progress: Partial<Job['progress']> = {}, exit_code = 0): Job {
  const base = { phase: 'cells', cell: 1, stage: null, done: 2, cells: 5 } as const;
  return { status, exit_code, progress: { ...base, ...progress } } as unknown as Job;
}

const LINES: readonly (readonly [Job, string])[] = [
  [job('queued'), 'starting …'],
  [job('running', { phase: 'starting' }), 'starting a kernel …'],
  [job('running', { stage: 'train' }), '2 of 5 cells · train'],
  [job('running', { phase: 'finishing' }), 'writing down what it did …'],
  [job('cancelling'), 'ending …'],
  [job('completed'), 'completed'],
  [{ ...job('failed'), ending: "failed in stage 'train'" }, "failed in stage 'train'"]
];

for (const [one, line] of LINES) {
  test(`a job that is ${one.status} says: ${line}`, () => assert.equal(progressLine(one), line));
}

test('how far a job is is a share of its cells', () => {
  assert.equal(progressShare(job('running')), 0.4);
  assert.equal(progressShare(job('running', { phase: 'starting' })), null);
  assert.equal(progressShare(job('running', { cells: 0 })), null);
});

test('a job that is on record has no card of its own, unless it is the newest or goes on', () => {
  const jobs = ['a', 'b', 'c', null].map((run_id, index) => ({
    ...job(index === 2 ? 'running' : 'completed'),
    run_id
  }));
  const runs = ['a', 'b', 'c'].map(run_id => ({ run_id }) as unknown as Run);
  assert.deepEqual(
    notOnRecord(jobs, runs).map(({ run_id }) => run_id),
    ['a', 'c', null]
  );
});

test('what somebody stopped is no fault, and a gate that failed is no success', () => {
  assert.deepEqual(['cancelled', 'interrupted', 'failed'].map(one => wasStopped(job(one))), [
    true,
    true,
    false
  ]);
  const codes = [job('completed', {}, 3), job('completed', {}, 4), job('completed')];
  const signs = [job('cancelled'), ...codes].map(signOfJob);
  assert.deepEqual(signs, ['stopped', 'failed', 'undecided', 'fresh']);
  assert.deepEqual(['FINISHED', 'terminated', 'FAILED'].map(recordedWord), [
    'completed',
    'stopped',
    'failed'
  ]);
});

test('a status that nobody knows is no success', () => {
  assert.deepEqual(['completed', 'FINISHED', 'strange'].map(signOf), ['fresh', 'fresh', 'failed']);
});

function plan(words: Partial<PromotionPlan>): PromotionPlan {
  const base = { model: 'churn', version: 4, to: 'champion', already: false, ready: true };
  return { ...base, current: { version: 3 }, obstacles: [], ...words } as unknown as PromotionPlan;
}

const OBSTACLES = ['MNB720', 'MNB725'].map(code => ({ code })) as unknown as PromotionPlan['obstacles'];

test('who promotes is asked what will become of which version', () => {
  assert.equal(
    promoteQuestion(plan({}), false),
    'Let champion name churn@4, in the place of version 3?'
  );
  assert.equal(
    promoteQuestion(plan({ current: null, obstacles: OBSTACLES }), true),
    'Let champion name churn@4 past MNB720, MNB725?'
  );
  assert.match(rollbackQuestion(3, false), /named before \(version 3\)\?$/);
});

test('a verdict counts what stands in the way', () => {
  const verdicts = [plan({}), plan({ already: true }), plan({ ready: false, obstacles: OBSTACLES })];
  assert.deepEqual(verdicts.map(verdict), [
    'Nothing stands in the way.',
    'It is champion already.',
    '2 things stand in the way.'
  ]);
});

const MOVED: Moved = {
  kind: 'promote',
  model: 'churn',
  version: 4,
  to: 'champion',
  before: 3,
  already: false
};

test('what was done is told, with what it did not do', () => {
  assert.equal(movedLine(MOVED), 'churn@4 is champion now, in the place of version 3.');
  assert.match(movedLine({ ...MOVED, already: true }), /nothing was done/);
  assert.match(movedLine({ ...MOVED, hook: { fault: 'exit 1' } }), /The hook failed: exit 1$/);
});

test('only a champion that had one before it can be undone', () => {
  assert.deepEqual(
    [MOVED, { ...MOVED, before: null }, { ...MOVED, to: 'challenger' }, { ...MOVED, already: true }].map(
      undoTarget
    ),
    [3, null, null, null]
  );
});

test('history tells what moved where, and past what', () => {
  const event = { kind: 'promote', outcome: 'done', alias: 'champion', before: 3, after: 4 };
  const forced: readonly string[] = ['MNB720'];
  assert.equal(
    historyLine({ ...event, forced } as unknown as HistoryEvent),
    'promote champion 3 → 4, past MNB720'
  );
});

test('cells that a sentence names are told apart from its words', () => {
  assert.deepEqual(cellsNamed("waits for cell 12, then cell 3's names"), [
    { words: 'waits for ', cell: null },
    { words: 'cell 12', cell: 12 },
    { words: ', then ', cell: null },
    { words: 'cell 3', cell: 3 },
    { words: "'s names", cell: null }
  ]);
  assert.deepEqual(cellsNamed('Cell 0'), [{ words: 'Cell 0', cell: 0 }]);
  for (const text of ['excell 3', 'cell 3x', 'cells 4-6', 'cell -1', '']) {
    assert.ok(cellsNamed(text).every(({ cell }) => cell === null), text);
  }
});

test('the run of a live kernel is open and does not turn, until the kernel is gone', () => {
  const run = { door: 'interactive', status: 'running', seconds: null } as Run;
  assert.deepEqual([runLine(run), signOfRun(run)], ['open in a live kernel', 'never']);
  const over: Run = { ...run, status: 'completed', seconds: 65 };
  assert.equal(runLine(over), 'completed · 1 min 5 s · in a live kernel');
  const headless: Run = { ...run, door: 'headless' };
  assert.deepEqual([runLine(headless), signOfRun(headless)], ['running', 'running']);
});

test('of gates that failed only the number is a headline: each has its line below', () => {
  const [failed, passed] = [{ verdict: 'failed' }, { verdict: 'passed' }];
  const obstacle = { code: 'MNB720', reason: 'a: is 1. b: is 2.', remedy: '', overridable: true };
  const of = (...outcomes: object[]): PromotionPlan =>
    plan({ gates: { passed: false, summary: '', outcomes } } as unknown as Partial<PromotionPlan>);
  assert.equal(obstacleLine(of(failed, passed, failed), obstacle), '2 of 3 gates failed.');
  assert.equal(obstacleLine(of(failed), obstacle), 'The gate failed.');
  assert.equal(obstacleLine(of(), obstacle), obstacle.reason);
  assert.equal(obstacleLine(of(failed), { ...obstacle, code: 'MNB721' }), obstacle.reason);
});

test('notes speak the words of the panel, not those of the command line', () => {
  assert.equal(noteLine('To decide anew, judge again (--again).'), 'To decide anew, judge again.');
});

test('a run that stopped says at which cell and by which error', () => {
  const error = { output_type: 'error', ename: 'ZeroDivisionError' };
  assert.equal(errorOf([{ output_type: 'stream' }, error]), 'ZeroDivisionError');
  assert.equal(errorOf([{ output_type: 'stream' }]), null);
  assert.equal(stopLine({ cell: 'a', error: 'KeyError' }, 4), 'Stopped: cell 4 failed: KeyError');
  assert.equal(stopLine({ cell: 'a', error: '' }, 0), 'Stopped: cell 0 failed');
});
