/** Begins to make a layer, says so, and waits to be killed in the middle. */
import { ensureBaseRoot, ensureLayer } from '../../local/hosts/roots.ts';

const [rootsDir = '', recipe = ''] = process.argv.slice(2);
const parent = await ensureBaseRoot(rootsDir);
await ensureLayer(rootsDir, {
  name: 'boot-killed',
  recipe,
  parent,
  build: async (host) => {
    await host.run(['sh', '-c', 'echo half >/etc/half; echo begun; sleep 600'], {
      onStdout: (text) => process.stdout.write(text),
    });
  },
});
