/** The plugins of the labextension; each has a file of its own. */
import agent from './plugins/agent';
import cells from './plugins/cells';
import changes from './plugins/changes';
import commands from './plugins/commands';
import documents from './plugins/documents';
import errors from './plugins/errors';
import follow from './plugins/follow';
import link from './plugins/link';
import notification from './plugins/notification';
import open from './plugins/open';
import page from './plugins/page';
import panel from './plugins/panel';
import status from './plugins/status';

export default [
  agent,
  page,
  panel,
  commands,
  cells,
  changes,
  errors,
  status,
  documents,
  follow,
  open,
  link,
  notification
];
