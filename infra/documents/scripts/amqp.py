"""As much of AMQP 0-9-1 as a login takes: connection, SASL PLAIN, virtual host, channel; and questions about permission
that change nothing, since what they name does not exist."""

import binascii
import os
import socket
import struct
import time

METHOD, HEARTBEAT, FRAME_END = 1, 8, 206
START, START_OK, TUNE, TUNE_OK, OPEN, OPEN_OK, CLOSE, CLOSE_OK = [(10, n) for n in (10, 11, 30, 31, 40, 41, 50, 51)]
SECURE = (10, 20)
CHANNEL_OPEN, CHANNEL_OPEN_OK, CHANNEL_CLOSE, CHANNEL_CLOSE_OK = [(20, n) for n in (10, 11, 40, 41)]
PUBLISH, GET, DELETE_QUEUE, DELETE_QUEUE_OK = (60, 40), (60, 70), (50, 40), (50, 41)
MAX_FRAME = 1 << 20


class Refused(Exception):
    """The broker answered, and said no: `word` is a failure of a host report."""

    def __init__(self, word, message):
        Exception.__init__(self, message)
        self.word = word


class Broken(Exception):
    """No AMQP 0-9-1 broker answers there, or it stopped answering."""


def short(text):
    data = text.encode("utf-8")
    return struct.pack(">B", len(data)) + data


def long_string(data):
    return struct.pack(">I", len(data)) + data


def read_short(data, at):
    size = ord(data[at:at + 1])
    return data[at + 1:at + 1 + size].decode("utf-8", "replace"), at + 1 + size


class Broker(object):
    def __init__(self, host, port, seconds):
        self.deadline = time.time() + seconds
        self.socket = socket.create_connection((host, port), seconds)

    def close(self):
        self.socket.close()

    def receive(self, size):
        data = b""
        while len(data) < size:
            left = self.deadline - time.time()
            if left <= 0:
                raise Broken("the broker did not answer in time")
            self.socket.settimeout(left)
            try:
                block = self.socket.recv(size - len(data))
            except socket.timeout:
                raise Broken("the broker did not answer in time")
            if not block:
                raise EOFError("the broker closed the connection")
            data += block
        return data

    def send(self, channel, method, body):
        payload = struct.pack(">HH", *method) + body
        self.socket.sendall(struct.pack(">BHI", METHOD, channel, len(payload)) + payload + b"\xce")

    def send_content(self, channel):
        """An empty body: a header frame of class 60 without properties."""
        payload = struct.pack(">HHQH", 60, 0, 0, 0)
        self.socket.sendall(struct.pack(">BHI", 2, channel, len(payload)) + payload + b"\xce")

    def next_method(self):
        while True:
            head = self.receive(7)
            if head[:4] == b"AMQP":
                raise Broken("it speaks another version of AMQP")
            kind, _, size = struct.unpack(">BHI", head)
            if kind not in (METHOD, HEARTBEAT) or size > MAX_FRAME:
                raise Broken("what answers there is no AMQP 0-9-1 broker")
            payload = self.receive(size + 1)
            if payload[-1:] != b"\xce":
                raise Broken("what answers there is no AMQP 0-9-1 broker")
            if kind == METHOD:
                return struct.unpack(">HH", payload[:4]), payload[4:-1]

    def expect(self, wanted):
        method, body = self.next_method()
        if method == wanted:
            return body
        if method in (CLOSE, CHANNEL_CLOSE):
            code = struct.unpack(">H", body[:2])[0]
            text, _ = read_short(body, 2)
            self.send(0 if method == CLOSE else 1, CLOSE_OK if method == CLOSE else CHANNEL_CLOSE_OK, b"")
            raise Closed(code, text)
        raise Broken("the broker answered with an unexpected method %d.%d" % method)


class Closed(Exception):
    def __init__(self, code, text):
        Exception.__init__(self, "%d %s" % (code, text))
        self.code = code


def login(host, port, user, password, vhost, seconds):
    """Raises `Refused`, `Broken` or an OSError; returns a remark about permission, or None."""
    broker = Broker(host, port, seconds)
    try:
        try:
            authenticate(broker, user, password)
        except Closed as closed:
            raise Refused("amqp-auth-failed", "user %s was refused: %s" % (user, closed))
        except EOFError:
            raise Refused("amqp-auth-failed", "the broker closed the connection at the login of user %s" % user)
        try:
            broker.send(0, OPEN, short(vhost) + short(u"") + b"\x00")
            broker.expect(OPEN_OK)
        except (Closed, EOFError) as error:
            raise Refused("amqp-access-refused", "user %s has no access to vhost %s: %s" % (user, vhost, error))
        try:
            broker.send(1, CHANNEL_OPEN, short(u""))
            broker.expect(CHANNEL_OPEN_OK)
        except (Closed, EOFError) as error:
            raise Refused("amqp-access-refused", "user %s got no channel on vhost %s: %s" % (user, vhost, error))
        remark = ask_for_permission(broker, user, vhost)
        broker.send(0, CLOSE, struct.pack(">H", 200) + short(u"checked") + struct.pack(">HH", 0, 0))
        return remark
    except EOFError as error:
        raise Broken("%s" % error)
    except struct.error:
        raise Broken("what answers there is no AMQP 0-9-1 broker")
    finally:
        broker.close()


def authenticate(broker, user, password):
    broker.socket.sendall(b"AMQP\x00\x00\x09\x01")
    try:
        broker.expect(START)
    except EOFError:
        raise Broken("it closed the connection before the login: no AMQP 0-9-1 broker, or one that is starting")
    # With this capability the broker says why it refuses a login instead of just hanging up.
    capability = short(u"authentication_failure_close") + b"t\x01"
    table = short(u"product") + b"S" + long_string(b"rollgate") + short(u"capabilities") + b"F" + long_string(capability)
    plain = b"\x00" + user.encode("utf-8") + b"\x00" + password.encode("utf-8")
    broker.send(0, START_OK, long_string(table) + short(u"PLAIN") + long_string(plain) + short(u"en_US"))
    channels, frame, heartbeat = struct.unpack(">HIH", broker.expect(TUNE)[:8])
    broker.send(0, TUNE_OK, struct.pack(">HIH", channels, frame, heartbeat))


def ask_for_permission(broker, user, vhost):
    """RabbitMQ looks at the permission before it looks for what is named: "not found" means permitted. Patterns that name
    the service's own queues and exchanges refuse a name of ours, so that is a remark. A pattern that is empty permits
    nothing, whatever the service's names are; where all three are, the login is good for nothing at all."""
    name = u"rollgate-check-%s" % binascii.hexlify(os.urandom(6)).decode("ascii")
    try:
        if is_permitted(broker, publish, name):
            return None
        if not is_empty(broker, publish, name):
            return ("user %s may not write to every exchange of vhost %s: its permission patterns are narrow"
                    % (user, vhost))
        if is_empty(broker, get, name) and is_empty(broker, delete, name):
            raise Refused("amqp-access-refused",
                          "user %s has no permission on vhost %s: configure, write and read are empty" % (user, vhost))
    except (Broken, EOFError):
        return None
    return "user %s may write to no exchange of vhost %s: its permission to write is empty" % (user, vhost)


def is_empty(broker, ask, name):
    """An empty pattern counts as ^$ with RabbitMQ, whose $ also stands before a line break at the end. So it matches one
    line break and no name, and a pattern that names something matches a name and no line break. No queue can be called
    that: RabbitMQ takes line breaks out of the names of new ones."""
    return not is_permitted(broker, ask, name) and is_permitted(broker, ask, u"\n")


def is_permitted(broker, ask, name):
    """Each refusal, and each "not found", closes the channel that was asked on: then it gets a new one."""
    ask(broker, name)
    while True:
        method, body = broker.next_method()
        if method == DELETE_QUEUE_OK:
            return True
        if method == CHANNEL_CLOSE:
            broker.send(1, CHANNEL_CLOSE_OK, b"")
            broker.send(1, CHANNEL_OPEN, short(u""))
            broker.expect(CHANNEL_OPEN_OK)
            return struct.unpack(">H", body[:2])[0] != 403


def publish(broker, exchange):
    broker.send(1, PUBLISH, struct.pack(">H", 0) + short(exchange) + short(exchange) + b"\x00")
    broker.send_content(1)


def get(broker, queue):
    broker.send(1, GET, struct.pack(">H", 0) + short(queue) + b"\x00")


def delete(broker, queue):
    """Only if it is neither used nor filled, should there be one after all. Deleting none is no error."""
    broker.send(1, DELETE_QUEUE, struct.pack(">H", 0) + short(queue) + b"\x03")
