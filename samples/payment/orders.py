"""Puts orders into RabbitMQ: when publish() returns, the broker has the order in its durable queue."""

import json

import pika
import pika.exceptions

from shop import UpstreamError

QUEUE = "orders"
TIMEOUT_SECONDS = 5


class Orders:
    def __init__(self, host, port, vhost, user, password):
        self.parameters = pika.ConnectionParameters(
            host=host,
            port=port,
            virtual_host=vhost,
            credentials=pika.PlainCredentials(user, password),
            connection_attempts=1,
            socket_timeout=TIMEOUT_SECONDS,
            stack_timeout=TIMEOUT_SECONDS,
            blocked_connection_timeout=TIMEOUT_SECONDS,
        )

    def publish(self, order):
        # A connection per order: nothing between two requests would answer the heartbeats of one kept open.
        try:
            connection = pika.BlockingConnection(self.parameters)
        except pika.exceptions.ProbableAuthenticationError as error:
            raise UpstreamError("rabbitmq", "RabbitMQ refused user or password") from error
        except pika.exceptions.ProbableAccessDeniedError as error:
            raise UpstreamError("rabbitmq", "RabbitMQ refused access to the virtual host") from error
        except (pika.exceptions.AMQPError, OSError) as error:
            raise UpstreamError("rabbitmq", "no connection to RabbitMQ: {!r}".format(error)) from error
        try:
            self.publish_on(connection, order)
        except pika.exceptions.ChannelClosedByBroker as error:
            raise UpstreamError("rabbitmq", "RabbitMQ closed the channel: {}".format(error.reply_text)) from error
        except (pika.exceptions.AMQPError, OSError) as error:
            raise UpstreamError(
                "rabbitmq", "RabbitMQ did not confirm the order: {!r}".format(error), "the order may or may not be made"
            ) from error
        finally:
            if connection.is_open:
                connection.close()

    def publish_on(self, connection, order):
        channel = connection.channel()
        # With confirms, basic_publish returns when the broker has taken the message, and raises where it has not.
        channel.confirm_delivery()
        channel.queue_declare(queue=QUEUE, durable=True)
        channel.basic_publish(
            exchange="",
            routing_key=QUEUE,
            body=json.dumps(order).encode("utf-8"),
            properties=pika.BasicProperties(
                content_type="application/json", delivery_mode=2, message_id=order["orderid"]
            ),
            mandatory=True,
        )
