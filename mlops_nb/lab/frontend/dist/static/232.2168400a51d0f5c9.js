"use strict";(self.rspackChunkmlops_nb=self.rspackChunkmlops_nb||[]).push([[232],{475(o,r,n){var e=n(601),l=n.n(e),t=n(314),i=n.n(t),p=n(724),a=n(770),s=n(91),d=n(978),b=n(279),c=n(33),m=n(278),f=n(302),u=i()(l());u.i(p.A),u.i(a.A),u.i(s.A),u.i(d.A),u.i(b.A),u.i(c.A),u.i(m.A),u.i(f.A),u.push([o.id,`
`,""]),n.d(r,{},{A:u})},33(o,r,n){var e=n(601),l=n.n(e),t=n(314),i=(n.n(t))()(l());i.push([o.id,`/* What cells carry: the chip of their stage. */

.jp-Cell-inputWrapper:has(> .mlops-nb-chip) {
  position: relative;
}

.mlops-nb-chip {
  position: absolute;
  z-index: 1;
  right: 8px;
  bottom: -11px;
  max-width: 40%;
  padding: 0 8px;
  overflow: hidden;
  border: 1px solid var(--jp-border-color1);
  border-left: 3px solid var(--mlops-nb-tone);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size0);
  line-height: 16px;
  text-overflow: ellipsis;
  white-space: nowrap;
  cursor: pointer;
}

.mlops-nb-chip:hover {
  background: var(--jp-layout-color2);
}

.mlops-nb-mark p {
  margin: 0;
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
}

.mlops-nb-mark p + p {
  opacity: 0.75;
}
`,""]),n.d(r,{},{A:i})},978(o,r,n){var e=n(601),l=n.n(e),t=n(314),i=(n.n(t))()(l());i.push([o.id,`/* What is to be read: notes, faults, findings of the check. */

.mlops-nb-note {
  display: flex;
  flex: none;
  gap: 8px;
  justify-content: space-between;
  margin: 8px 12px;
  padding: 8px 10px;
  border-left: 3px solid var(--jp-info-color1);
  background: var(--jp-layout-color2);
}

.mlops-nb-note.mlops-nb-error {
  border-left-color: var(--jp-error-color1);
}

.mlops-nb-note.mlops-nb-done {
  border-left-color: var(--jp-success-color1);
}

.mlops-nb-note p {
  white-space: pre-line;
}

.mlops-nb-remedy,
.mlops-nb-code {
  color: var(--jp-ui-font-color2);
}

.mlops-nb-close {
  align-self: flex-start;
  padding: 0 4px;
  border: 0;
  background: none;
  color: inherit;
  font: inherit;
  cursor: pointer;
}

.mlops-nb-findings {
  margin: 6px 0 0;
  padding: 0;
  list-style: none;
}

.mlops-nb-finding {
  padding: 0 0 0 8px;
  border-left: 3px solid var(--jp-info-color1);
}

.mlops-nb-finding + .mlops-nb-finding {
  margin-top: 10px;
}

.mlops-nb-finding.mlops-nb-error {
  border-left-color: var(--jp-error-color1);
}

.mlops-nb-finding.mlops-nb-warning {
  border-left-color: var(--jp-warn-color1);
}

.mlops-nb-finding-text {
  display: block;
  width: 100%;
  padding: 0;
  border: 0;
  background: none;
  color: inherit;
  font: inherit;
  text-align: left;
  overflow-wrap: inherit;
  cursor: pointer;
}

.mlops-nb-finding-text > span {
  display: block;
}

.mlops-nb-where {
  color: var(--jp-ui-font-color2);
}

.mlops-nb-finding-actions {
  display: flex;
  gap: 12px;
}
`,""]),n.d(r,{},{A:i})},279(o,r,n){var e=n(601),l=n.n(e),t=n(314),i=(n.n(t))()(l());i.push([o.id,`/* Dialogs: forms of options and parameters, differences, explanations. */

:is(.mlops-nb-form, .mlops-nb-diff-body, .mlops-nb-compared) {
  overflow-wrap: anywhere;
}

.mlops-nb-form {
  width: min(520px, 80vw);
  max-height: 60vh;
  overflow: auto;
}

.mlops-nb-row {
  display: grid;
  grid-template-columns: 130px 1fr;
  gap: 2px 12px;
  align-items: center;
  padding: 4px 2px;
}

.mlops-nb-row small {
  grid-column: 2;
  color: var(--jp-ui-font-color2);
}

.mlops-nb-row small.mlops-nb-wrong {
  color: color-mix(in srgb, var(--jp-error-color1) 85%, var(--jp-ui-font-color0));
}

.mlops-nb-row label {
  min-width: 0;
}

.mlops-nb-row input[type='checkbox'] {
  justify-self: start;
}

.mlops-nb-suggested input[type='text'],
.mlops-nb-row :is(input[type='text'], select, textarea) {
  font-size: var(--jp-ui-font-size1);
}

/* The application draws its own arrow around selects, which a form has no room for. */
.mlops-nb-row select {
  appearance: auto;
}

.mlops-nb-row :disabled {
  opacity: 0.6;
}

.mlops-nb-row textarea {
  min-height: 44px;
  padding: 4px 8px;
  font-family: var(--jp-code-font-family);
  resize: vertical;
}

.mlops-nb-pair {
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
}

.mlops-nb-pair select {
  flex: 1 1 160px;
  min-width: 0;
}

.mlops-nb-folded {
  margin-top: 8px;
}

.mlops-nb-folded summary {
  font-weight: 600;
  cursor: pointer;
}

.mlops-nb-folded summary small {
  margin-left: 8px;
  color: var(--jp-ui-font-color2);
  font-weight: 400;
}

.mlops-nb-diff-body {
  display: flex;
  flex-direction: column;
  width: min(680px, 84vw);
  max-height: 64vh;
}

.mlops-nb-suggested {
  flex: 0 1 auto;
  min-height: 80px;
  margin: 0;
  padding: 2px;
  overflow: auto;
  list-style: none;
}

.mlops-nb-suggested li {
  display: grid;
  grid-template-columns: auto minmax(150px, 220px) 1fr;
  gap: 10px;
  align-items: start;
  padding: 5px 0;
}

.mlops-nb-suggested input[type='checkbox'] {
  margin-top: 6px;
}

.mlops-nb-suggested code {
  display: block;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.mlops-nb-suggested input[type='text'] {
  box-sizing: border-box;
  width: 100%;
  min-width: 0;
  text-overflow: ellipsis;
}

.mlops-nb-suggested div > small {
  display: block;
  overflow-wrap: anywhere;
}

.mlops-nb-suggested small {
  color: var(--jp-ui-font-color2);
}

.mlops-nb-suggested div {
  min-width: 0;
}

.mlops-nb-suggested code {
  background: none;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
}

.mlops-nb-wrong {
  margin: 0;
  color: color-mix(in srgb, var(--jp-error-color1) 85%, var(--jp-ui-font-color0));
}

.mlops-nb-diff {
  margin: 0;
  padding: 8px;
  overflow: auto;
  border: 1px solid var(--jp-border-color2);
  background: var(--jp-layout-color0);
  color: var(--jp-content-font-color1);
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
  line-height: var(--jp-code-line-height);
  white-space: pre;
}

.mlops-nb-explained {
  width: min(680px, 84vw);
  max-height: 60vh;
  overflow: auto;
}

.mlops-nb-added {
  background: color-mix(in srgb, var(--jp-success-color1) 18%, transparent);
}

.mlops-nb-removed {
  background: color-mix(in srgb, var(--jp-error-color1) 16%, transparent);
}

.mlops-nb-diff-head {
  color: var(--jp-ui-font-color2);
}
`,""]),n.d(r,{},{A:i})},770(o,r,n){var e=n(601),l=n.n(e),t=n(314),i=(n.n(t))()(l());i.push([o.id,`/* The graph: boxes like JupyterLab's cards, colour only where a status is. */

.mlops-nb-is-fresh,
.mlops-nb-is-restored {
  --mlops-nb-tone: var(--jp-success-color1);
}

.mlops-nb-is-stale {
  --mlops-nb-tone: var(--jp-warn-color0, var(--jp-warn-color1));
}

.mlops-nb-is-failed {
  --mlops-nb-tone: var(--jp-error-color1);
}

.mlops-nb-is-running,
.mlops-nb-is-waiting {
  --mlops-nb-tone: var(--jp-brand-color1);
}

.mlops-nb-is-never,
.mlops-nb-is-undecided,
.mlops-nb-is-stopped {
  --mlops-nb-tone: var(--jp-ui-font-color2);
}

.mlops-nb-graph {
  position: relative;
  flex: 1 1 auto;
  min-height: 180px;
  border-top: 1px solid var(--jp-border-color2);
}

.mlops-nb-room {
  position: absolute;
  inset: 0;
  overflow: auto;
}

.mlops-nb-canvas {
  position: relative;
  margin: 0 auto;
}

.mlops-nb-canvas svg {
  display: block;
}

.mlops-nb-sign {
  flex: none;
  fill: none;
  stroke: var(--mlops-nb-tone);
  stroke-width: 1.8;
  stroke-linecap: round;
  stroke-linejoin: round;
}

.mlops-nb-node {
  cursor: pointer;
  outline: none;
}

.mlops-nb-room:focus {
  outline: none;
}

.mlops-nb-box {
  fill: var(--jp-layout-color1);
  stroke: var(--jp-border-color1);
}

.mlops-nb-node:hover .mlops-nb-box {
  fill: var(--jp-layout-color2);
}

.mlops-nb-node[aria-current='true'] .mlops-nb-box {
  stroke: var(--jp-brand-color1);
  stroke-width: 2;
}

.mlops-nb-node:focus-visible .mlops-nb-box {
  stroke: var(--jp-brand-color1);
  stroke-width: 3;
}

.mlops-nb-edge {
  fill: var(--mlops-nb-tone);
}

.mlops-nb-name {
  fill: var(--jp-ui-font-color0);
  font-size: 13px;
  font-weight: 600;
}

.mlops-nb-line {
  fill: var(--jp-ui-font-color2);
  font-size: 11.5px;
}

.mlops-nb-badge circle {
  fill: var(--jp-info-color0, var(--jp-info-color1));
  stroke: var(--jp-layout-color1);
  stroke-width: 2;
}

.mlops-nb-badge.mlops-nb-warning circle {
  fill: var(--jp-warn-color0, var(--jp-warn-color1));
}

.mlops-nb-badge.mlops-nb-error circle {
  fill: var(--jp-error-color0, var(--jp-error-color1));
}

.mlops-nb-badge text {
  fill: #fff;
  font-size: 10px;
  font-weight: 600;
}

.mlops-nb-edge-line {
  fill: none;
  stroke: var(--jp-border-color0, var(--jp-border-color1));
  stroke-width: 1.5;
}

.mlops-nb-edge-line.mlops-nb-lit {
  stroke: var(--jp-brand-color1);
}

.mlops-nb-card {
  position: absolute;
  z-index: 2;
  box-sizing: border-box;
  width: max-content;
  min-width: 160px;
  max-width: 236px;
  padding: 8px 12px;
  border: 1px solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
  box-shadow: var(--jp-elevation-z4);
  pointer-events: none;
}

.mlops-nb-card h4 {
  margin: 0 0 2px;
  font-size: var(--jp-ui-font-size1);
  font-weight: 600;
}

.mlops-nb-card .mlops-nb-reason {
  display: -webkit-box;
  overflow: hidden;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 6;
}

.mlops-nb-card .mlops-nb-facts {
  margin-bottom: 0;
}

.mlops-nb-lead {
  display: flex;
  flex: none;
  gap: 8px;
  align-items: center;
  justify-content: space-between;
  padding: 2px 12px 8px;
}

.mlops-nb-switch {
  display: flex;
  flex: none;
  border: 1px solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
}

.mlops-nb-zoom {
  position: absolute;
  right: 14px;
  bottom: 10px;
}

.mlops-nb-switch button {
  min-width: 24px;
  height: 24px;
  padding: 0 6px;
  border: 0;
  background: none;
  color: var(--jp-ui-font-color1);
  font: inherit;
  font-size: var(--jp-ui-font-size0);
  cursor: pointer;
}

.mlops-nb-switch button:hover,
.mlops-nb-switch button[aria-pressed='true'] {
  background: var(--jp-layout-color2);
}

.mlops-nb-switch button[aria-pressed='true'] {
  box-shadow: inset 0 -2px var(--jp-brand-color1);
}

@keyframes mlops-nb-turn {
  to {
    transform: rotate(360deg);
  }
}

.mlops-nb-turning {
  transform-origin: 8px 8px;
  animation: mlops-nb-turn 1.1s linear infinite;
}

@media (prefers-reduced-motion: reduce) {
  .mlops-nb-turning {
    animation: none;
  }
}

@media (forced-colors: active) {
  .mlops-nb-box,
  .mlops-nb-node:hover .mlops-nb-box {
    fill: Canvas;
    stroke: CanvasText;
  }

  .mlops-nb-sign,
  .mlops-nb-edge-line {
    stroke: CanvasText;
  }

  .mlops-nb-name,
  .mlops-nb-line,
  .mlops-nb-edge,
  .mlops-nb-badge text {
    fill: CanvasText;
  }

  .mlops-nb-node .mlops-nb-badge circle {
    fill: Canvas;
    stroke: CanvasText;
  }

  .mlops-nb-switch button[aria-pressed='true'] {
    background: Highlight;
    color: HighlightText;
    forced-color-adjust: none;
  }

  .mlops-nb-edge-line.mlops-nb-lit,
  .mlops-nb-node:is([aria-current='true'], :focus-visible) .mlops-nb-box {
    stroke: Highlight;
  }
}
`,""]),n.d(r,{},{A:i})},302(o,r,n){var e=n(601),l=n.n(e),t=n(314),i=(n.n(t))()(l());i.push([o.id,`/* Registered models: versions, gates, decision. */

.mlops-nb-section.mlops-nb-first {
  border-top: 0;
}

.mlops-nb-field {
  box-sizing: border-box;
  width: 100%;
  height: 28px;
  padding: 0 8px;
  border: 1px solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color0);
  font: inherit;
}

.mlops-nb-versions {
  max-height: 200px;
  margin-top: 6px;
  overflow: auto;
}

.mlops-nb-version {
  display: grid;
  grid-template-columns: auto 1fr auto;
  gap: 6px;
  align-items: baseline;
  padding: 3px 0;
  cursor: pointer;
}

.mlops-nb-version input {
  margin: 0;
}

.mlops-nb-version small {
  color: var(--jp-ui-font-color2);
}

.mlops-nb-version span > small {
  display: block;
}

.mlops-nb-version > span {
  min-width: 0;
}

.mlops-nb-alias {
  display: inline-block;
  box-sizing: border-box;
  max-width: calc(100% - 6px);
  overflow: hidden;
  margin-left: 6px;
  padding: 0 6px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 8px;
  font-size: var(--jp-ui-font-size0);
  text-overflow: ellipsis;
  white-space: nowrap;
  vertical-align: bottom;
}

.mlops-nb-section h4 {
  margin: 10px 0 2px;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size1);
  font-weight: 500;
}

.mlops-nb-gate {
  display: flex;
  gap: 6px;
  align-items: flex-start;
  padding: 2px 0;
}

.mlops-nb-gate .mlops-nb-sign {
  margin-top: 1px;
}

.mlops-nb-tick {
  display: flex;
  gap: 6px;
  align-items: baseline;
  margin-top: 6px;
}

.mlops-nb-section .mlops-nb-buttons {
  margin-top: 8px;
}
`,""]),n.d(r,{},{A:i})},724(o,r,n){var e=n(601),l=n.n(e),t=n(314),i=(n.n(t))()(l());i.push([o.id,`/* The side bar: quiet, in the theme's own colours and sizes. */

.mlops-nb-panel {
  display: flex;
  flex-direction: column;
  min-width: 220px;
  container-type: inline-size;
  overflow: hidden;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
  line-height: 1.4;
  overflow-wrap: anywhere;
}

.mlops-nb-panel p {
  margin: 0;
}

/* A name that turns the direction of writing turns that of its own text alone. */
:is(.mlops-nb-panel, .mlops-nb-form, .mlops-nb-diff-body, .mlops-nb-compared)
  :is(span, code, small, b, strong, label) {
  unicode-bidi: isolate;
}

.mlops-nb-panel code {
  padding: 0;
  background: none;
  color: inherit;
  font-family: var(--jp-code-font-family);
  font-size: 0.92em;
}

.mlops-nb-tabs {
  display: flex;
  flex: none;
  gap: 2px;
  padding: 0 4px;
  border-bottom: 1px solid var(--jp-border-color2);
}

.mlops-nb-tabs button {
  padding: 8px;
  border: 0;
  border-bottom: 2px solid transparent;
  background: none;
  color: var(--jp-ui-font-color2);
  font: inherit;
  cursor: pointer;
}

.mlops-nb-tabs button:hover {
  color: var(--jp-ui-font-color0);
}

.mlops-nb-tabs button[aria-selected='true'] {
  border-bottom-color: var(--jp-brand-color1);
  color: var(--jp-ui-font-color0);
}

.mlops-nb-tabpanel {
  display: flex;
  flex: 1;
  flex-direction: column;
  min-height: 0;
  overflow: auto;
}

.mlops-nb-quiet {
  color: var(--jp-ui-font-color2);
}

.mlops-nb-tabpanel > .mlops-nb-quiet {
  padding: 12px;
}

.mlops-nb-empty {
  display: flex;
  flex-direction: column;
  gap: 8px;
  padding: 16px 12px;
}

.mlops-nb-buttons {
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
}

.mlops-nb-runbar {
  padding: 10px 12px 6px;
}

@container (max-width: 290px) {
  .mlops-nb-runbar {
    gap: 4px;
    padding: 8px 6px 6px;
  }

  .mlops-nb-runbar > .mlops-nb-button {
    padding: 0 5px;
  }
}

.mlops-nb-button {
  box-sizing: border-box;
  max-width: 100%;
  height: 26px;
  padding: 0 10px;
  overflow: hidden;
  border: 1px solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font: inherit;
  text-overflow: ellipsis;
  white-space: nowrap;
  cursor: pointer;
}

.mlops-nb-button:hover:enabled {
  background: var(--jp-layout-color2);
}

.mlops-nb-button.mlops-nb-primary:enabled {
  border-color: var(--jp-brand-color1);
  background: var(--jp-brand-color1);
  color: var(--jp-ui-inverse-font-color1, #fff);
}

.mlops-nb-button.mlops-nb-primary:hover:enabled {
  background: var(--jp-brand-color0);
}

.mlops-nb-button:disabled {
  border-color: var(--jp-border-color2);
  background: var(--jp-layout-color2);
  color: var(--jp-ui-font-color2);
  cursor: default;
}

.mlops-nb-link {
  padding: 0;
  text-align: left;
  border: 0;
  background: none;
  color: var(--jp-content-link-color, var(--jp-brand-color1));
  font: inherit;
  cursor: pointer;
}

.mlops-nb-link:hover {
  text-decoration: underline;
}

.mlops-nb-panel :is(button, summary, a, input, select):focus-visible,
.mlops-nb-chip:focus-visible {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: 1px;
}

.mlops-nb-tally {
  display: flex;
  flex-wrap: wrap;
  gap: 2px 12px;
  margin: 0;
  padding: 0;
  color: var(--jp-ui-font-color2);
  list-style: none;
}

.mlops-nb-tally li {
  display: flex;
  gap: 4px;
  align-items: center;
}

.mlops-nb-below {
  flex: none;
  max-height: 50%;
  overflow: auto;
}

.mlops-nb-section {
  padding: 10px 12px;
  border-top: 1px solid var(--jp-border-color2);
}

.mlops-nb-section > summary {
  font-weight: 600;
  cursor: pointer;
}

.mlops-nb-section > summary .mlops-nb-link {
  float: right;
  font-weight: 400;
}

.mlops-nb-section h3 {
  display: flex;
  gap: 6px;
  align-items: center;
  margin: 0 0 4px;
  font-size: var(--jp-ui-font-size1);
  font-weight: 600;
}

:is(.mlops-nb-section h3 > span, .mlops-nb-card h4) {
  display: -webkit-box;
  overflow: hidden;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 3;
}

.mlops-nb-state,
.mlops-nb-reason {
  color: var(--jp-ui-font-color2);
}

.mlops-nb-state strong {
  color: var(--jp-ui-font-color1);
  font-weight: 500;
}

.mlops-nb-facts {
  display: grid;
  grid-template-columns: fit-content(45%) 1fr;
  gap: 3px 12px;
  margin: 6px 0 8px;
}

.mlops-nb-facts dt {
  color: var(--jp-ui-font-color2);
}

.mlops-nb-facts dd {
  min-width: 0;
  margin: 0;
}

.mlops-nb-number {
  font-variant-numeric: tabular-nums;
}

.mlops-nb-value {
  display: inline-block;
  max-width: 100%;
  margin-right: 8px;
  overflow-wrap: break-word;
}

.mlops-nb-value small {
  margin-left: 4px;
  color: var(--jp-ui-font-color2);
}

.mlops-nb-hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
}

/* Without colours of their own, what is chosen and what can be pressed need another sign. */
@media (forced-colors: active) {
  .mlops-nb-tabs button {
    border-bottom-color: Canvas;
  }

  .mlops-nb-tabs button[aria-selected='true'] {
    border-bottom-color: Highlight;
  }

  .mlops-nb-link:enabled,
  a.mlops-nb-link {
    color: LinkText;
    text-decoration: underline;
  }

  .mlops-nb-button.mlops-nb-primary:enabled {
    border: 2px solid Highlight;
  }
}
`,""]),n.d(r,{},{A:i})},91(o,r,n){var e=n(601),l=n.n(e),t=n(314),i=(n.n(t))()(l());i.push([o.id,`/* Stages as rows: one line each, the lines between them at the left. */

.mlops-nb-rows {
  padding: 4px 0 12px;
}

.mlops-nb-lanes {
  position: absolute;
  top: 4px;
  left: 0;
  overflow: visible;
  pointer-events: none;
}

.mlops-nb-dense .mlops-nb-edge-line:not(.mlops-nb-lit) {
  stroke-width: 1;
  opacity: 0.7;
}

/* The lane of lines that have none of their own. */
.mlops-nb-shared-lane {
  stroke: var(--jp-border-color2);
  stroke-width: 6;
  stroke-linecap: round;
}

.mlops-nb-dot {
  fill: var(--jp-layout-color1);
  stroke: var(--jp-ui-font-color2);
  stroke-width: 1.5;
}

.mlops-nb-dot.mlops-nb-lit {
  fill: var(--jp-brand-color1);
  stroke: var(--jp-brand-color1);
}

.mlops-nb-row-stage {
  display: flex;
  box-sizing: border-box;
  gap: 6px;
  align-items: center;
  height: 26px;
  padding-right: 10px;
  white-space: nowrap;
  cursor: pointer;
}

.mlops-nb-row-stage:hover {
  background: var(--jp-layout-color2);
}

.mlops-nb-row-stage[aria-current='true'] {
  background: var(--jp-layout-color2);
  box-shadow: inset 3px 0 var(--jp-brand-color1);
}

.mlops-nb-row-stage:is(:hover, [aria-current='true']) > :is(.mlops-nb-row-words, .mlops-nb-row-time) {
  color: var(--jp-ui-font-color1);
}

.mlops-nb-row-stage:focus-visible {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: -2px;
}

.mlops-nb-row-name {
  flex: 0 1 auto;
  min-width: 0;
  overflow: hidden;
  color: var(--jp-ui-font-color0);
  font-weight: 500;
  text-overflow: ellipsis;
}

/* The line above the stages says why nobody knows. */
.mlops-nb-untold .mlops-nb-sign {
  opacity: 0.45;
}

.mlops-nb-near > .mlops-nb-row-name {
  color: var(--jp-content-link-color, var(--jp-brand-color1));
}

/* Words that do not fit beside the name are wrapped out of sight: the sign says it, too. */
.mlops-nb-row-words {
  display: flex;
  flex: 1 1 0;
  flex-wrap: wrap;
  justify-content: flex-end;
  min-width: 0;
  height: 26px;
  overflow: hidden;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
  line-height: 26px;
}

.mlops-nb-row-words::before {
  width: 1px;
  height: 26px;
  content: '';
}

.mlops-nb-row-time {
  flex: none;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
  font-variant-numeric: tabular-nums;
}

.mlops-nb-row-badge {
  flex: none;
  min-width: 16px;
  border-radius: 8px;
  background: var(--jp-info-color0, var(--jp-info-color1));
  color: #fff;
  font-size: 10px;
  font-weight: 600;
  line-height: 16px;
  text-align: center;
}

.mlops-nb-row-badge.mlops-nb-warning {
  background: var(--jp-warn-color0, var(--jp-warn-color1));
}

.mlops-nb-row-badge.mlops-nb-error {
  background: var(--jp-error-color0, var(--jp-error-color1));
}

@media (forced-colors: active) {
  .mlops-nb-dot {
    fill: Canvas;
    stroke: CanvasText;
  }

  .mlops-nb-dot.mlops-nb-lit {
    fill: Highlight;
    stroke: Highlight;
  }

  .mlops-nb-shared-lane {
    stroke: GrayText;
  }

  .mlops-nb-near > .mlops-nb-row-name {
    text-decoration: underline;
  }

  .mlops-nb-row-stage[aria-current='true'] {
    outline: 2px solid Highlight;
    outline-offset: -2px;
  }

  .mlops-nb-row-badge {
    border: 1px solid CanvasText;
  }
}
`,""]),n.d(r,{},{A:i})},278(o,r,n){var e=n(601),l=n.n(e),t=n(314),i=(n.n(t))()(l());i.push([o.id,`/* Headless runs and runs on record. */

.mlops-nb-right {
  margin-left: auto;
}

.mlops-nb-link:disabled {
  color: var(--jp-ui-font-color3);
  text-decoration: none;
  cursor: default;
}

.mlops-nb-jobs {
  margin: 0;
  padding: 0;
  list-style: none;
}

.mlops-nb-job {
  padding: 6px 0;
}

.mlops-nb-job + .mlops-nb-job {
  border-top: 1px solid var(--jp-border-color3);
}

.mlops-nb-job-head {
  display: flex;
  gap: 6px;
  align-items: center;
}

.mlops-nb-job-head > span {
  min-width: 0;
}

.mlops-nb-job-head input {
  margin: 0;
}

.mlops-nb-job-head small {
  margin-left: auto;
  color: var(--jp-ui-font-color2);
  white-space: nowrap;
}

.mlops-nb-job progress {
  width: 100%;
  height: 6px;
  accent-color: var(--jp-brand-color1);
}

.mlops-nb-job summary {
  color: var(--jp-ui-font-color2);
  cursor: pointer;
}

.mlops-nb-fault {
  color: color-mix(in srgb, var(--jp-error-color1) 85%, var(--jp-ui-font-color0));
}

.mlops-nb-log {
  max-height: 220px;
  margin: 4px 0;
  padding: 6px;
  overflow: auto;
  background: var(--jp-layout-color0);
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-ui-font-size0);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

.mlops-nb-form h4 {
  margin: 10px 0 2px;
  font-size: var(--jp-ui-font-size1);
}

.mlops-nb-plan summary {
  cursor: pointer;
}

.mlops-nb-plan table {
  display: block;
  max-height: 32vh;
  margin: 6px 0;
  overflow: auto;
  border-collapse: collapse;
}

.mlops-nb-plan :is(th, td) {
  padding: 2px 12px 2px 0;
  font-weight: 400;
  text-align: left;
  vertical-align: baseline;
}

.mlops-nb-plan thead th {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.mlops-nb-plan tbody th {
  font-weight: 500;
  overflow-wrap: anywhere;
}

.mlops-nb-plan small {
  color: var(--jp-ui-font-color2);
}

.mlops-nb-compared {
  max-height: 64vh;
  overflow: auto;
}

.mlops-nb-compared table {
  border-collapse: collapse;
}

.mlops-nb-compared :is(th, td) {
  padding: 2px 12px 2px 0;
  text-align: left;
  font-variant-numeric: tabular-nums;
}

.mlops-nb-compared th[scope='row'] {
  font-weight: 400;
}

.mlops-nb-compared th[scope='rowgroup'] {
  padding-top: 10px;
}

.mlops-nb-same {
  color: var(--jp-ui-font-color2);
}
`,""]),n.d(r,{},{A:i})},314(o){o.exports=function(o){var r=[];return r.toString=function(){return this.map(function(r){var n="",e=void 0!==r[5];return r[4]&&(n+="@supports (".concat(r[4],") {")),r[2]&&(n+="@media ".concat(r[2]," {")),e&&(n+="@layer".concat(r[5].length>0?" ".concat(r[5]):""," {")),n+=o(r),e&&(n+="}"),r[2]&&(n+="}"),r[4]&&(n+="}"),n}).join("")},r.i=function(o,n,e,l,t){"string"==typeof o&&(o=[[null,o,void 0]]);var i={};if(e)for(var p=0;p<this.length;p++){var a=this[p][0];null!=a&&(i[a]=!0)}for(var s=0;s<o.length;s++){var d=[].concat(o[s]);e&&i[d[0]]||(void 0!==t&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=t),n&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=n),l&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=l):d[4]="".concat(l)),r.push(d))}},r}},601(o){o.exports=function(o){return o[1]}},72(o){var r=[];function n(o){for(var n=-1,e=0;e<r.length;e++)if(r[e].identifier===o){n=e;break}return n}function e(o,e){for(var l={},t=[],i=0;i<o.length;i++){var p=o[i],a=e.base?p[0]+e.base:p[0],s=l[a]||0,d="".concat(a," ").concat(s);l[a]=s+1;var b=n(d),c={css:p[1],media:p[2],sourceMap:p[3],supports:p[4],layer:p[5]};if(-1!==b)r[b].references++,r[b].updater(c);else{var m=function(o,r){var n=r.domAPI(r);return n.update(o),function(r){r?(r.css!==o.css||r.media!==o.media||r.sourceMap!==o.sourceMap||r.supports!==o.supports||r.layer!==o.layer)&&n.update(o=r):n.remove()}}(c,e);e.byIndex=i,r.splice(i,0,{identifier:d,updater:m,references:1})}t.push(d)}return t}o.exports=function(o,l){var t=e(o=o||[],l=l||{});return function(o){o=o||[];for(var i=0;i<t.length;i++){var p=n(t[i]);r[p].references--}for(var a=e(o,l),s=0;s<t.length;s++){var d=n(t[s]);0===r[d].references&&(r[d].updater(),r.splice(d,1))}t=a}}},659(o){var r={};o.exports=function(o,n){var e=function(o){if(void 0===r[o]){var n=document.querySelector(o);if(window.HTMLIFrameElement&&n instanceof window.HTMLIFrameElement)try{n=n.contentDocument.head}catch(o){n=null}r[o]=n}return r[o]}(o);if(!e)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");e.appendChild(n)}},540(o){o.exports=function(o){var r=document.createElement("style");return o.setAttributes(r,o.attributes),o.insert(r,o.options),r}},56(o,r,n){o.exports=function(o){var r=n.nc;r&&o.setAttribute("nonce",r)}},825(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var r=o.insertStyleElement(o);return{update:function(n){var e,l,t;e="",n.supports&&(e+="@supports (".concat(n.supports,") {")),n.media&&(e+="@media ".concat(n.media," {")),(l=void 0!==n.layer)&&(e+="@layer".concat(n.layer.length>0?" ".concat(n.layer):""," {")),e+=n.css,l&&(e+="}"),n.media&&(e+="}"),n.supports&&(e+="}"),(t=n.sourceMap)&&"u">typeof btoa&&(e+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(t))))," */")),o.styleTagTransform(e,r,o.options)},remove:function(){var o;null===(o=r).parentNode||o.parentNode.removeChild(o)}}}},113(o){o.exports=function(o,r){if(r.styleSheet)r.styleSheet.cssText=o;else{for(;r.firstChild;)r.removeChild(r.firstChild);r.appendChild(document.createTextNode(o))}}},579(o,r,n){var e=n(72),l=n.n(e),t=n(825),i=n.n(t),p=n(659),a=n.n(p),s=n(56),d=n.n(s),b=n(540),c=n.n(b),m=n(113),f=n.n(m),u=n(475),g={};g.styleTagTransform=f(),g.setAttributes=d(),g.insert=a().bind(null,"head"),g.domAPI=i(),g.insertStyleElement=c(),l()(u.A,g),u.A&&u.A.locals&&u.A.locals}}]);