/** How are stages drawn where there is room? As boxes, one layer below the other. */

import * as React from 'react';

import type { Diagnostic, DocumentAnswer, Edge, LiveStage } from '../wire/contract.js';
import type { Seen } from './card_place.js';
import { BOX, MARGIN, boxOf, pathOf, sizeOf } from './geometry.js';
import { findingsByStage, graphLabel } from './labels.js';
import { StageCard } from './stage_card.js';
import { StageNode } from './stage_node.js';
import { steer } from './steering.js';
import { useWalk } from './walking.js';

const NONE: readonly Diagnostic[] = [];

interface BoxViewProps {
  readonly answer: DocumentAnswer;
  readonly states: ReadonlyMap<string, LiveStage>;
  readonly current: string | null;
  readonly scale: number;
  onOpen(name: string): void;
}

/** Draw stages as boxes, where the server laid them out. */
export function BoxView(props: BoxViewProps): JSX.Element {
  const { answer, states, current, scale } = props;
  const { nodes } = answer.layout;
  const { pointed, stop, hands, frame } = useWalk({
    names: answer.stages.map(({ name }) => name),
    current,
    steer: (from, key) => steer(nodes, from, key),
    onOpen: props.onOpen
  });
  const places = new Map(nodes.map(node => [node.name, node]));
  const findings = React.useMemo(() => findingsByStage(answer), [answer]);
  const size = sizeOf(answer.layout);
  const [width, height] = [size.width + 2 * MARGIN, size.height + 2 * MARGIN];
  const boxAt = (name: string): Seen | undefined => {
    const place = places.get(name);
    return place && scaled(boxOf(place), scale);
  };
  return (
    <div
      {...frame}
      aria-label={graphLabel(answer)}
      className="mlops-nb-canvas"
      role="group"
      style={{ width: width * scale, height: height * scale }}
    >
      <svg
        height={height * scale}
        viewBox={`${-MARGIN} ${-MARGIN} ${width} ${height}`}
        width={width * scale}
      >
        <Lines edges={answer.layout.edges} lit={pointed ?? current} />
        {answer.stages.map(stage => {
          const place = places.get(stage.name);
          const state = states.get(stage.name);
          return place && state ? (
            <StageNode
              findings={findings.get(stage.name) ?? NONE}
              hands={hands}
              isCurrent={stage.name === current}
              isTabStop={stage.name === stop}
              key={stage.name}
              place={place}
              stage={stage}
              state={state}
            />
          ) : null;
        })}
      </svg>
      <StageCard answer={answer} boxOf={boxAt} pointed={pointed} states={states} />
    </div>
  );
}

function scaled(box: { readonly left: number; readonly top: number }, scale: number): Seen {
  return {
    left: (box.left + MARGIN) * scale,
    top: (box.top + MARGIN) * scale,
    width: BOX.width * scale,
    height: BOX.height * scale
  };
}

function Lines(props: { readonly edges: readonly Edge[]; readonly lit: string | null }): JSX.Element {
  return (
    <g aria-hidden="true">
      {props.edges.map(edge => {
        const isLit = edge.from === props.lit || edge.to === props.lit;
        return (
          <path
            className={isLit ? 'mlops-nb-edge-line mlops-nb-lit' : 'mlops-nb-edge-line'}
            d={pathOf(edge)}
            key={`${edge.from}\n${edge.to}`}
          />
        );
      })}
    </g>
  );
}
