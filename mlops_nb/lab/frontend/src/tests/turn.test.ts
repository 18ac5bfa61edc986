import assert from 'node:assert/strict';
import test from 'node:test';

import { Turn } from '../jobs/turn.js';

test('what is asked for while it is done is done once more, however often', async () => {
  const open: (() => void)[] = [];
  let count = 0;
  const turn = new Turn(() => {
    count += 1;
    return new Promise<void>(resolve => void open.push(resolve));
  });
  const first = turn.take();
  void turn.take();
  void turn.take();
  assert.equal(count, 1);
  open[0]?.();
  await new Promise(resolve => setImmediate(resolve));
  assert.equal(count, 2);
  open[1]?.();
  await first;
  assert.equal(count, 2);
});

test('after a failure it can be done again', async () => {
  let count = 0;
  const turn = new Turn(async () => {
    count += 1;
    if (count === 1) {
      throw new Error('no');
    }
  });
  await assert.rejects(turn.take());
  await turn.take();
  assert.equal(count, 2);
});
