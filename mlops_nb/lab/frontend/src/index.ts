import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlops-nb:pipeline',
  description: 'The pipeline of the current notebook.',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    app.commands.addCommand('mlops-nb:about', {
      label: 'About mlops-nb',
      execute: () => undefined
    });
  }
};

export default plugin;
