/**
 * The schemas of the SDK's clients write keys as `[_xN]: …`, with constants for the names. To a bundler a computed key may
 * have an effect, so it keeps every shape of the client: 0.6 MB for the one call of EC2. With the names put in, what is
 * not used drops out. Where a client writes its schemas another way, nothing changes but the size.
 */
const { readFileSync } = require('node:fs');

const schemaKeys = {
  name: 'schema-keys',
  setup(build) {
    build.onLoad(
      { filter: /@aws-sdk[\\/]client-[a-z0-9-]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/ },
      ({ path }) => ({
        contents: withLiteralKeys(readFileSync(path, 'utf8')),
        loader: 'js',
      }),
    );
  },
};

function withLiteralKeys(text) {
  const names = new Map([...text.matchAll(/^const (_\w+) = ("\w+");$/gm)].map(([, name, literal]) => [name, literal]));
  return text.replaceAll(/\[(_\w+)\]: /g, (key, name) => (names.has(name) ? `${names.get(name)}: ` : key));
}

module.exports = [schemaKeys];
