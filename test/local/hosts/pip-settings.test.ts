import { describe, expect, test } from 'vitest';
import { mapPipValues, mergePipSettings, pipValues, renderPipSettings } from '../../../local/hosts/pip-settings.ts';

describe('pip settings of this machine', () => {
  test('later files win over earlier ones, PIP_ variables over all, and what is not about the index stays here', () => {
    const system = '[global]\nindex-url = https://system.example/simple\ncert=/etc/ca.pem\nno-color = true\n';
    const user =
      '# mine\n[global]\nindex_url: https://user.example/simple\n\n[install]\nno-warn-script-location = yes\nfind-links =\n    /opt/wheels\n    https://wheels.example/\n';

    const merged = mergePipSettings([system, user], {
      PIP_DEFAULT_TIMEOUT: '180',
      PIP_TRUSTED_HOST: 'a.example b.example',
      PIP_NO_COLOR: '1',
      HOME: '/root',
    });

    expect(merged).toEqual({
      global: {
        'index-url': ['https://user.example/simple'],
        cert: ['/etc/ca.pem'],
        'default-timeout': ['180'],
        'trusted-host': ['a.example', 'b.example'],
      },
      install: { 'find-links': ['/opt/wheels', 'https://wheels.example/'] },
    });
  });

  test('a value of several lines replaces the one of an earlier file', () => {
    const merged = mergePipSettings(
      ['[global]\nfind-links = /old\n', '[global]\nfind-links =\n  /new\n  /newer\n'],
      {},
    );

    expect(pipValues(merged, 'find-links')).toEqual(['/new', '/newer']);
  });

  test('what is written can be read again', () => {
    const settings = {
      global: { 'index-url': ['https://index.example/simple'] },
      install: { 'find-links': ['/a', '/b'] },
    };

    const text = renderPipSettings(settings);

    expect(text).toBe('[global]\nindex-url = https://index.example/simple\n\n[install]\nfind-links = /a\n    /b\n');
    expect(mergePipSettings([text], {})).toEqual(settings);
  });

  test('a key that is left without values is not written', () => {
    const settings = { global: { 'find-links': ['/gone'] }, install: { cert: ['/etc/ca.pem'] } };

    const changed = mapPipValues(settings, 'find-links', () => []);

    expect(renderPipSettings(changed)).toBe('[install]\ncert = /etc/ca.pem\n');
  });
});
