/** Which version is this page's? The package's; the server has to be of the same. */

export const VERSION = '0.1.0';
