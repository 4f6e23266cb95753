/**
 * The condition by which hosts are taken out of, and brought into, only those target groups whose owner has let Rollgate
 * in, as with hosts: they carry the tag `rollgate:<service>` with the stage as its value (core/model/names.ts).
 */
module.exports = async ({ resolveVariable }) => {
  const service = await resolveVariable('self:custom.rollgate.service');
  const stage = await resolveVariable('sls:stage');
  return { StringEquals: { [`aws:ResourceTag/rollgate:${service}`]: stage } };
};
