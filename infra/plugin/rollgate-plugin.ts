import { deployedBuckets } from '../../clients/aws/deployed-buckets.ts';
import { adoptStateBucket } from './adopt-state-bucket.ts';
import { emptyArtifactBucket } from './empty-artifact-bucket.ts';
import { pinFunctionVersions } from './pin-function-versions.ts';
import type { Serverless, Template, Voice } from './serverless.ts';
import { settingsProblems } from './settings-problems.ts';

/**
 * What the framework itself cannot do for this stack; `plugins:` in serverless.yml names it. Only what runs under `deploy`
 * and `remove` calls AWS.
 */
function RollgatePlugin(serverless: Serverless, _options: unknown, { log }: Voice) {
  const provider = serverless.getProvider('aws');
  const template = (): Template => serverless.service.provider.compiledCloudFormationTemplate;
  const buckets = async () =>
    deployedBuckets((await provider.getAwsSdkV3Config?.()) ?? { region: provider.getRegion() });
  return {
    hooks: {
      'before:package:initialize': () => {
        const problems = settingsProblems(serverless);
        if (problems.length > 0) {
          // The framework's own: of others it prints the stack.
          throw new serverless.classes.Error(problems.join('\n'));
        }
      },
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        pinFunctionVersions(template(), serverless.service.functions);
        removeExports(template());
      },
      // The last moment before the template is compared and uploaded; also where it was packaged earlier.
      'before:aws:deploy:deploy:createStack': async () =>
        adoptStateBucket(template(), provider, await buckets(), log.notice),
      'before:remove:remove': async () => {
        for (const plugin of serverless.pluginManager.getPlugins()) {
          await plugin.ensureStackIsNotDeletionProtected?.();
        }
        await emptyArtifactBucket(provider, await buckets(), log.notice);
      },
    },
  };
}

/** Named by the framework after stage alone: the stacks of two services of one stage would refuse each other's. */
function removeExports(template: Template): void {
  for (const output of Object.values(template.Outputs ?? {})) {
    delete output.Export;
  }
}

// biome-ignore lint/style/noDefaultExport: the framework takes a plugin's default export
export default RollgatePlugin;
