"""What the suites in Python share: the program under test, real and scripted stores, raw sockets. See ../README.md."""
