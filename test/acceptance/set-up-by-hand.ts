import type { HostMachine } from '../../local/hosts/host-machine.ts';
import { makeArtifact } from '../../samples/make-zip.ts';
import { on } from './local-stage.ts';

/** A unit as people wrote it by hand before there was Rollgate, AMQP_PASS in clear text and all. */
function unitText(prefix: string, password: string): string {
  return `[Unit]
Description = Payment Service

[Service]
User=root
WorkingDirectory=/app
Environment=CART_HOST=${prefix}21
Environment=CART_PORT=8080
Environment=USER_HOST=${prefix}22
Environment=USER_PORT=8080
Environment=AMQP_HOST=${prefix}23
Environment=AMQP_USER=roboshop
Environment=AMQP_PASS=${password}

ExecStart=/usr/local/bin/uwsgi --ini payment.ini
ExecStop=/bin/kill -9 $MAINPID
SyslogIdentifier=payment

[Install]
WantedBy=multi-user.target
`;
}

/**
 * Sets the service up by hand, as it was before Rollgate: root, code in /app, packages system-wide, own unit. What pip
 * compiles comes from the cache that the test hosts have.
 */
export async function setUpByHand(host: HostMachine, password: string): Promise<void> {
  const prefix = (host.addresses[0] ?? '').replace(/\d+$/, '');
  await host.writeFile('/tmp/payment.zip', await makeArtifact('v1'));
  await on(host, 'mkdir', '-p', '/app', '/root/.cache');
  await on(host, 'unzip', '-q', '-o', '/tmp/payment.zip', '-d', '/app');
  await on(host, 'cp', '-r', '/var/lib/rollgate/build/.cache/pip', '/root/.cache/pip');
  await on(host, 'chown', '-R', 'root:root', '/root/.cache');
  const install = 'cd /app && HOME=/root pip3 install --quiet --break-system-packages -r requirements.txt';
  await on(host, 'sh', '-c', install);
  await host.writeFile('/etc/systemd/system/payment.service', unitText(prefix, password), 0o644);
  await on(host, 'systemctl', 'daemon-reload');
  await on(host, 'systemctl', 'enable', '--now', 'payment');
}
