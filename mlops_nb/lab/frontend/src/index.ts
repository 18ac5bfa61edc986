/** Which plugins does the extension bring? One: the panel, and what belongs to it in notebooks. */

import { panelPlugin } from './plugins/panel_plugin.js';

export default [panelPlugin];
