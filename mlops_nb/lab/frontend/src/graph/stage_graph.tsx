/** What is drawn of a pipeline? Its stages and the lines between them, as boxes or as rows. */

import * as React from 'react';

import type { DocumentAnswer, LiveStage } from '../wire/contract.js';
import { BoxView } from './box_view.js';
import { RowView } from './row_view.js';
import type { View } from './views.js';

export interface StageGraphProps {
  readonly answer: DocumentAnswer;
  readonly states: ReadonlyMap<string, LiveStage>;
  /** The stage of the active cell. */
  readonly current: string | null;
  readonly view: View;
  readonly scale: number;
  /** The width of what it is drawn in. */
  readonly room: number;
  onOpen(name: string): void;
}

/** Draw the graph in a view. */
export function StageGraph(props: StageGraphProps): JSX.Element {
  const { view, ...shared } = props;
  return view === 'rows' ? <RowView {...shared} /> : <BoxView {...shared} />;
}
