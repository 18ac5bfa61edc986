/** Which plugins does the extension bring? One for the panel and its commands, one for markers. */

import { panelPlugin } from './plugins/panel_plugin.js';

export default [panelPlugin];
