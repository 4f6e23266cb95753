import { pinFunctionVersions } from './pin-function-versions.ts';
import type { Serverless } from './serverless.ts';

/** What the framework itself cannot do for this stack; `plugins:` in serverless.yml names it. */
function RollgatePlugin(serverless: Serverless) {
  const template = () => serverless.service.provider.compiledCloudFormationTemplate;
  return {
    hooks: {
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        pinFunctionVersions(template(), serverless.service.functions);
      },
    },
  };
}

// biome-ignore lint/style/noDefaultExport: the framework takes a plugin's default export
export default RollgatePlugin;
