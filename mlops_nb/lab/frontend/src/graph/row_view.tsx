/** How are stages drawn in a narrow side bar? One row each, with the lines between them at the left. */

import * as React from 'react';

import type { Diagnostic, DocumentAnswer, Edge, LiveStage } from '../wire/contract.js';
import type { Seen } from './card_place.js';
import { findingsByStage, graphLabel } from './labels.js';
import { type Lanes, ROW, endsPath, lanePath, laneStep, laneX, middle, toLanes } from './lanes.js';
import { StageCard } from './stage_card.js';
import { StageRow } from './stage_row.js';
import { steerRows } from './steering.js';
import { useWalk } from './walking.js';

const NONE: readonly Diagnostic[] = [];
const GAP = 6;

interface RowViewProps {
  readonly answer: DocumentAnswer;
  readonly states: ReadonlyMap<string, LiveStage>;
  readonly current: string | null;
  readonly room: number;
  onOpen(name: string): void;
}

/** Draw stages as rows, in an order in which they can run. */
export function RowView(props: RowViewProps): JSX.Element {
  const { answer, states, current, room } = props;
  const { nodes, edges } = answer.layout;
  const names = React.useMemo(() => nodes.map(({ name }) => name), [nodes]);
  const lanes = React.useMemo(() => toLanes(names, edges), [names, edges]);
  const { pointed, stop, hands, frame } = useWalk({
    names,
    current,
    steer: (from, key) => steerRows(names, edges, from, key),
    onOpen: props.onOpen
  });
  const stages = new Map(answer.stages.map(stage => [stage.name, stage]));
  const findings = React.useMemo(() => findingsByStage(answer), [answer]);
  const step = laneStep(lanes.count, room);
  const indent = laneX(lanes.count - 0.5, step) + GAP;
  const near = neighbours(edges, pointed ?? current);
  const boxAt = (name: string): Seen | undefined => {
    const row = names.indexOf(name);
    return row < 0 ? undefined : { left: indent, top: row * ROW, width: room - indent, height: ROW };
  };
  return (
    <div {...frame} aria-label={graphLabel(answer)} className="mlops-nb-canvas mlops-nb-rows" role="group">
      <LaneLines lanes={lanes} lit={names.indexOf(pointed ?? current ?? '')} step={step} width={indent} />
      {names.map(name => {
        const stage = stages.get(name);
        const state = states.get(name);
        return stage && state ? (
          <StageRow
            findings={findings.get(name) ?? NONE}
            hands={hands}
            indent={indent}
            isCurrent={name === current}
            isNear={near.has(name)}
            isTabStop={name === stop}
            key={name}
            stage={stage}
            state={state}
          />
        ) : null;
      })}
      <StageCard answer={answer} boxOf={boxAt} pointed={pointed} states={states} />
    </div>
  );
}

/** Return what a stage reads from and what reads from it, drawn as a line or not. */
function neighbours(edges: readonly Edge[], name: string | null): ReadonlySet<string> {
  const found = edges.filter(({ from, to }) => from === name || to === name);
  return new Set(found.map(({ from, to }) => (from === name ? to : from)));
}

interface LinesProps {
  readonly lanes: Lanes;
  readonly lit: number;
  readonly step: number;
  readonly width: number;
}

/** Where lines are many they step back, but for those of the stage at hand. */
function LaneLines({ lanes, lit, step, width }: LinesProps): JSX.Element {
  const isLit = (edge: { from: number; to: number }): boolean => edge.from === lit || edge.to === lit;
  const lines = [...lanes.edges].sort((a, b) => Number(isLit(a)) - Number(isLit(b)));
  const x = laneX(0, step);
  return (
    <svg
      aria-hidden="true"
      className={lanes.shared.length > 0 ? 'mlops-nb-lanes mlops-nb-dense' : 'mlops-nb-lanes'}
      height={lanes.lanes.length * ROW}
      width={width}
    >
      {lanes.shared.map(([from, to]) => (
        <path
          className="mlops-nb-shared-lane"
          d={`M${x} ${middle(from) + ROW}L${x} ${middle(to) - ROW}`}
          key={from}
        />
      ))}
      {lines.map(edge => (
        <path
          className={isLit(edge) ? 'mlops-nb-edge-line mlops-nb-lit' : 'mlops-nb-edge-line'}
          d={(edge.isShared && !isLit(edge) ? endsPath : lanePath)(edge, lanes.lanes, step)}
          key={`${edge.from} ${edge.to}`}
        />
      ))}
      {lanes.lanes.map((lane, row) => (
        <circle
          className={row === lit ? 'mlops-nb-dot mlops-nb-lit' : 'mlops-nb-dot'}
          cx={laneX(lane, step)}
          cy={middle(row)}
          key={row}
          r="3"
        />
      ))}
    </svg>
  );
}
