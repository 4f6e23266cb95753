#!/usr/bin/env python3
"""Prints the messages of a queue as JSON, one per line, and leaves them in it.

    orders.py ADDRESS USER QUEUE    the password is the first line of stdin
"""

import sys

import pika
import pika.exceptions


def main():
    address, user, queue = sys.argv[1:]
    credentials = pika.PlainCredentials(user, sys.stdin.readline().rstrip("\n"))
    connection = pika.BlockingConnection(pika.ConnectionParameters(host=address, credentials=credentials))
    channel = connection.channel()
    try:
        while True:
            method, _, body = channel.basic_get(queue)
            if method is None:
                break
            print(body.decode("utf-8"))
    except pika.exceptions.ChannelClosedByBroker as error:
        # 404: nobody has declared the queue yet, so nothing is in it.
        if error.reply_code != 404:
            raise
    # Nothing was acknowledged: with the connection gone, the broker puts every message back in its place.
    connection.close()


main()
