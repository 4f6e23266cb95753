"""The two services of the shop that a payment needs: user and cart."""

from urllib.parse import quote

import requests

CONNECT_SECONDS = 2
READ_SECONDS = 5


class UpstreamError(Exception):
    """An upstream did not answer, or answered something that a payment cannot go on with."""

    def __init__(self, upstream, message, consequence="no order was made"):
        super().__init__(message)
        self.upstream = upstream
        self.consequence = consequence


class Shop:
    def __init__(self, user_url, cart_url):
        self.user_url = user_url
        self.cart_url = cart_url

    def user_exists(self, user):
        response = self.call("user", "GET", "{}/check/{}".format(self.user_url, quote(user, safe="")))
        return found(response, "user")

    def cart_of(self, user):
        """The cart as the cart service keeps it; None where there is none."""
        response = self.call("cart", "GET", "{}/cart/{}".format(self.cart_url, quote(user, safe="")))
        if not found(response, "cart"):
            return None
        try:
            return response.json()
        except ValueError:
            raise UpstreamError("cart", "the cart service answered something that is not JSON")

    def delete_cart(self, user):
        response = self.call("cart", "DELETE", "{}/cart/{}".format(self.cart_url, quote(user, safe="")))
        found(response, "cart")

    def call(self, upstream, method, url):
        try:
            return requests.request(method, url, timeout=(CONNECT_SECONDS, READ_SECONDS))
        except requests.exceptions.RequestException as error:
            raise UpstreamError(upstream, "{} {} failed: {}".format(method, url, error)) from error


def found(response, upstream):
    if response.status_code == 404:
        return False
    if not 200 <= response.status_code < 300:
        raise UpstreamError(upstream, "the {} service answered {}".format(upstream, response.status_code))
    return True
