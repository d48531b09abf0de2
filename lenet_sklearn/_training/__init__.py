"""What a fit is (data, recipe), and how it runs (train, net, checkpoint). The home of skorch."""
