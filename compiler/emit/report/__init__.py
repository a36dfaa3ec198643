"""The artifact `report`: one page that shows all of a server, for people to read."""
