"use strict";(self.rspackChunkmlops_nb=self.rspackChunkmlops_nb||[]).push([[232],{475(o,r,n){var e=n(601),l=n.n(e),p=n(314),a=n.n(p),t=n(724),i=n(770),s=n(978),d=n(279),c=n(33),b=n(278),m=n(302),u=a()(l());u.i(t.A),u.i(i.A),u.i(s.A),u.i(d.A),u.i(c.A),u.i(b.A),u.i(m.A),u.push([o.id,`
`,""]),n.d(r,{},{A:u})},33(o,r,n){var e=n(601),l=n.n(e),p=n(314),a=(n.n(p))()(l());a.push([o.id,`/* What cells carry: the chip of their stage. */

.jp-Cell-inputWrapper:has(> .mlops-nb-chip) {
  position: relative;
}

.mlops-nb-chip {
  position: absolute;
  z-index: 1;
  right: 8px;
  bottom: -8px;
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
`,""]),n.d(r,{},{A:a})},978(o,r,n){var e=n(601),l=n.n(e),p=n(314),a=(n.n(p))()(l());a.push([o.id,`/* What is to be read: notes, faults, findings of the check. */

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
  overflow-wrap: anywhere;
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
`,""]),n.d(r,{},{A:a})},279(o,r,n){var e=n(601),l=n.n(e),p=n(314),a=(n.n(p))()(l());a.push([o.id,`/* Dialogs: forms of options and parameters, differences, explanations. */

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
  color: var(--jp-error-color1);
}

.mlops-nb-row label {
  overflow-wrap: anywhere;
}

.mlops-nb-row input[type='checkbox'] {
  justify-self: start;
}

.mlops-nb-diff-body {
  display: flex;
  flex-direction: column;
  width: min(680px, 84vw);
  max-height: 64vh;
}

.mlops-nb-suggested {
  flex: none;
  max-height: 40%;
  margin: 0 0 8px;
  padding: 0 0 0 18px;
  overflow: auto;
}

.mlops-nb-suggested small {
  color: var(--jp-ui-font-color2);
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
`,""]),n.d(r,{},{A:a})},770(o,r,n){var e=n(601),l=n.n(e),p=n(314),a=(n.n(p))()(l());a.push([o.id,`/* The graph: boxes like JupyterLab's cards, colour only where a status is. */

.mlops-nb-is-fresh,
.mlops-nb-is-restored {
  --mlops-nb-tone: var(--jp-success-color1);
}

.mlops-nb-is-stale {
  --mlops-nb-tone: var(--jp-warn-color1);
}

.mlops-nb-is-failed {
  --mlops-nb-tone: var(--jp-error-color1);
}

.mlops-nb-is-running {
  --mlops-nb-tone: var(--jp-brand-color1);
}

.mlops-nb-is-never,
.mlops-nb-is-undecided {
  --mlops-nb-tone: var(--jp-ui-font-color3);
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
  fill: var(--jp-info-color1);
  stroke: var(--jp-layout-color1);
  stroke-width: 2;
}

.mlops-nb-badge.mlops-nb-warning circle {
  fill: var(--jp-warn-color0, var(--jp-warn-color1));
}

.mlops-nb-badge.mlops-nb-error circle {
  fill: var(--jp-error-color1);
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
  overflow-wrap: anywhere;
}

.mlops-nb-card .mlops-nb-facts {
  margin-bottom: 0;
}

.mlops-nb-zoom {
  position: absolute;
  right: 14px;
  bottom: 10px;
  display: flex;
  border: 1px solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
}

.mlops-nb-zoom button {
  min-width: 24px;
  height: 22px;
  padding: 0 4px;
  border: 0;
  background: none;
  color: var(--jp-ui-font-color2);
  font: inherit;
  font-size: var(--jp-ui-font-size0);
  cursor: pointer;
}

.mlops-nb-zoom button:hover {
  background: var(--jp-layout-color2);
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
`,""]),n.d(r,{},{A:a})},302(o,r,n){var e=n(601),l=n.n(e),p=n(314),a=(n.n(p))()(l());a.push([o.id,`/* Registered models: versions, gates, decision. */

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

.mlops-nb-alias {
  display: inline-block;
  margin-left: 6px;
  padding: 0 6px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 8px;
  font-size: var(--jp-ui-font-size0);
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

.mlops-nb-hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
}
`,""]),n.d(r,{},{A:a})},724(o,r,n){var e=n(601),l=n.n(e),p=n(314),a=(n.n(p))()(l());a.push([o.id,`/* The side bar: quiet, in the theme's own colours and sizes. */

.mlops-nb-panel {
  display: flex;
  flex-direction: column;
  min-width: 280px;
  overflow: hidden;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
  line-height: 1.4;
}

.mlops-nb-panel p {
  margin: 0;
  overflow-wrap: anywhere;
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

.mlops-nb-button {
  box-sizing: border-box;
  height: 26px;
  padding: 0 10px;
  border: 1px solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font: inherit;
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
  padding: 2px 12px 8px;
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
  overflow-wrap: anywhere;
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
  overflow-wrap: anywhere;
  color: var(--jp-ui-font-color2);
}

.mlops-nb-facts dd {
  min-width: 0;
  margin: 0;
  overflow-wrap: anywhere;
}

.mlops-nb-number {
  font-variant-numeric: tabular-nums;
}

.mlops-nb-value {
  display: inline-block;
  margin-right: 8px;
}

.mlops-nb-value small {
  margin-left: 4px;
  color: var(--jp-ui-font-color2);
}
`,""]),n.d(r,{},{A:a})},278(o,r,n){var e=n(601),l=n.n(e),p=n(314),a=(n.n(p))()(l());a.push([o.id,`/* Headless runs and runs on record. */

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
  color: var(--jp-error-color1);
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


.mlops-nb-plan ul {
  margin: 4px 0;
  padding: 0;
  list-style: none;
}

.mlops-nb-plan small {
  margin-left: 8px;
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
`,""]),n.d(r,{},{A:a})},314(o){o.exports=function(o){var r=[];return r.toString=function(){return this.map(function(r){var n="",e=void 0!==r[5];return r[4]&&(n+="@supports (".concat(r[4],") {")),r[2]&&(n+="@media ".concat(r[2]," {")),e&&(n+="@layer".concat(r[5].length>0?" ".concat(r[5]):""," {")),n+=o(r),e&&(n+="}"),r[2]&&(n+="}"),r[4]&&(n+="}"),n}).join("")},r.i=function(o,n,e,l,p){"string"==typeof o&&(o=[[null,o,void 0]]);var a={};if(e)for(var t=0;t<this.length;t++){var i=this[t][0];null!=i&&(a[i]=!0)}for(var s=0;s<o.length;s++){var d=[].concat(o[s]);e&&a[d[0]]||(void 0!==p&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=p),n&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=n),l&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=l):d[4]="".concat(l)),r.push(d))}},r}},601(o){o.exports=function(o){return o[1]}},72(o){var r=[];function n(o){for(var n=-1,e=0;e<r.length;e++)if(r[e].identifier===o){n=e;break}return n}function e(o,e){for(var l={},p=[],a=0;a<o.length;a++){var t=o[a],i=e.base?t[0]+e.base:t[0],s=l[i]||0,d="".concat(i," ").concat(s);l[i]=s+1;var c=n(d),b={css:t[1],media:t[2],sourceMap:t[3],supports:t[4],layer:t[5]};if(-1!==c)r[c].references++,r[c].updater(b);else{var m=function(o,r){var n=r.domAPI(r);return n.update(o),function(r){r?(r.css!==o.css||r.media!==o.media||r.sourceMap!==o.sourceMap||r.supports!==o.supports||r.layer!==o.layer)&&n.update(o=r):n.remove()}}(b,e);e.byIndex=a,r.splice(a,0,{identifier:d,updater:m,references:1})}p.push(d)}return p}o.exports=function(o,l){var p=e(o=o||[],l=l||{});return function(o){o=o||[];for(var a=0;a<p.length;a++){var t=n(p[a]);r[t].references--}for(var i=e(o,l),s=0;s<p.length;s++){var d=n(p[s]);0===r[d].references&&(r[d].updater(),r.splice(d,1))}p=i}}},659(o){var r={};o.exports=function(o,n){var e=function(o){if(void 0===r[o]){var n=document.querySelector(o);if(window.HTMLIFrameElement&&n instanceof window.HTMLIFrameElement)try{n=n.contentDocument.head}catch(o){n=null}r[o]=n}return r[o]}(o);if(!e)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");e.appendChild(n)}},540(o){o.exports=function(o){var r=document.createElement("style");return o.setAttributes(r,o.attributes),o.insert(r,o.options),r}},56(o,r,n){o.exports=function(o){var r=n.nc;r&&o.setAttribute("nonce",r)}},825(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var r=o.insertStyleElement(o);return{update:function(n){var e,l,p;e="",n.supports&&(e+="@supports (".concat(n.supports,") {")),n.media&&(e+="@media ".concat(n.media," {")),(l=void 0!==n.layer)&&(e+="@layer".concat(n.layer.length>0?" ".concat(n.layer):""," {")),e+=n.css,l&&(e+="}"),n.media&&(e+="}"),n.supports&&(e+="}"),(p=n.sourceMap)&&"u">typeof btoa&&(e+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(p))))," */")),o.styleTagTransform(e,r,o.options)},remove:function(){var o;null===(o=r).parentNode||o.parentNode.removeChild(o)}}}},113(o){o.exports=function(o,r){if(r.styleSheet)r.styleSheet.cssText=o;else{for(;r.firstChild;)r.removeChild(r.firstChild);r.appendChild(document.createTextNode(o))}}},579(o,r,n){var e=n(72),l=n.n(e),p=n(825),a=n.n(p),t=n(659),i=n.n(t),s=n(56),d=n.n(s),c=n(540),b=n.n(c),m=n(113),u=n.n(m),f=n(475),v={};v.styleTagTransform=u(),v.setAttributes=d(),v.insert=i().bind(null,"head"),v.domAPI=a(),v.insertStyleElement=b(),l()(f.A,v),f.A&&f.A.locals&&f.A.locals}}]);