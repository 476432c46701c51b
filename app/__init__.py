"""The meeting service of CWG-Internet: the rule, the floor and the fence."""
