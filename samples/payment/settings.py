"""Everything this service is told by its environment, read in one place."""

import os


class Settings:
    def __init__(self, environment):
        self.cart_url = base_url(environment, "CART")
        self.user_url = base_url(environment, "USER")
        self.amqp_host = required(environment, "AMQP_HOST")
        self.amqp_port = int(environment.get("AMQP_PORT", "5672"))
        self.amqp_user = required(environment, "AMQP_USER")
        self.amqp_password = required(environment, "AMQP_PASS")
        self.amqp_vhost = environment.get("AMQP_VHOST", "/")
        # How long a request may ask to be kept waiting (?delay=3). Not set means never.
        self.max_delay_seconds = float(environment.get("PAYMENT_MAX_DELAY_SECONDS", "0"))


def base_url(environment, name):
    host = required(environment, name + "_HOST")
    return "http://{}:{}".format(host, environment.get(name + "_PORT", "8080"))


def required(environment, name):
    value = environment.get(name, "")
    if not value:
        raise RuntimeError("{} is not set: the payment service cannot start without it".format(name))
    return value


def from_environment():
    return Settings(os.environ)
