"""The payment service of the sample shop: takes POST /pay/<user> and makes an order of the user's cart."""

import time
import uuid

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

import logs
import settings
from health import health
from orders import Orders
from shop import Shop, UpstreamError
from version import VERSION

config = settings.from_environment()
log = logs.configure(config.amqp_password)
shop = Shop(config.user_url, config.cart_url)
orders = Orders(config.amqp_host, config.amqp_port, config.amqp_vhost, config.amqp_user, config.amqp_password)

app = Flask(__name__)


@app.route("/health", methods=["GET"])
def get_health():
    return Response(health(), mimetype="text/plain")


@app.route("/version", methods=["GET"])
def get_version():
    return jsonify({"service": "payment", "version": VERSION})


@app.route("/pay/<user>", methods=["POST"])
def pay(user):
    if not shop.user_exists(user):
        return problem(404, "user {} does not exist".format(user))
    cart = request.get_json(silent=True) if request.data else shop.cart_of(user)
    if not isinstance(cart, dict) or not cart.get("items"):
        return problem(400, "the cart of {} is empty".format(user))

    time.sleep(requested_delay())  # stands for the bank's answer
    order = {"orderid": str(uuid.uuid4()), "user": user, "cart": cart}
    orders.publish(order)
    log.info("order queued", extra={"user": user, "orderid": order["orderid"]})

    return jsonify({"orderid": order["orderid"], "cartDeleted": delete_cart(user, order["orderid"])})


def delete_cart(user, orderid):
    """The order stands from here on: a cart that is left over is worth a warning, not a second payment."""
    try:
        shop.delete_cart(user)
        return True
    except UpstreamError as error:
        log.warning("cart kept: %s", error, extra={"user": user, "orderid": orderid, "upstream": error.upstream})
        return False


def requested_delay():
    asked = request.args.get("delay", default=0.0, type=float)
    # NaN compares false with everything, so it ends as no delay.
    return min(asked, config.max_delay_seconds) if asked > 0 else 0


def problem(status, message):
    return jsonify({"error": message}), status


@app.errorhandler(UpstreamError)
def upstream_failed(error):
    log.error(str(error), extra={"upstream": error.upstream, "path": request.path})
    return problem(502, "{} is not available: {}".format(error.upstream, error.consequence))


@app.errorhandler(HTTPException)
def refused(error):
    return problem(error.code, error.description)


@app.errorhandler(Exception)
def failed(error):
    log.error("request failed", exc_info=error, extra={"method": request.method, "path": request.path})
    return problem(500, "internal error")


@app.before_request
def start_clock():
    g.started = time.time()


@app.after_request
def finish(response):
    response.headers["X-Payment-Version"] = VERSION
    if request.path != "/health" or response.status_code != 200:
        log.info(
            "answered",
            extra={
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "milliseconds": round((time.time() - g.started) * 1000),
            },
        )
    return response


log.info("payment service loaded", extra={"version": VERSION})
